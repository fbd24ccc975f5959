// -z keep-text-section-prefix: hot and cold code in sections of their own.
//# args: main.o -e start -z keep-text-section-prefix
//# shows: -z keep-text-section-prefix
//# sections: .text.hot .text.unlikely .text
    .section .text.start, "ax"
    .globl start
start: .quad 0
    .section .text.hot.a, "ax"
    .quad 1
    .section .text.unlikely.b, "ax"
    .quad 2
