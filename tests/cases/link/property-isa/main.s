// Instruction set levels: what any object needs is needed; what is used is only known where all objects tell.
//# target: x86_64-unknown-linux-musl
//# args: -static
//# bytes: .note.gnu.property = 04 00 00 00 20 00 00 00 05 00 00 00 47 4e 55 00 02 80 00 c0 04 00 00 00 05 00 00 00 00 00 00 00 02 00 01 c0 04 00 00 00 0a 00 00 00 00 00 00 00
    .globl _start
_start: ret
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 64, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 1, 0
    .long 0xc0008002, 4, 4, 0
    .long 0xc0010001, 4, 3, 0
    .long 0xc0010002, 4, 2, 0
