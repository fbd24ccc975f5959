// --undefined-glob pulls and keeps all symbols that match.
//# args: main.o libx.a -T link.x --gc-sections --undefined-glob=handler_*
//# shows: --undefined-glob=handler_*
//# archive: libx.a = one.o two.o
//# present: handler_one handler_own
//# absent: other unused
    .text
    .globl start
start: .quad 0
    .section .text.own, "ax"
    .globl handler_own
handler_own: .quad 0
    .section .text.unused, "ax"
    .globl unused
unused: .quad 0
