.section .text.shared,"axG",%progbits,shared,comdat
.weak shared
shared: bx lr
inside: bx lr
.section .text.user,"ax"
.globl user
.type user, %function
user: .long inside
.size user, 4
