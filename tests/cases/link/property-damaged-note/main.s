// Notes that are longer than their section: the second one's name would end behind the address space of 32 bits.
//# target: x86_64-unknown-none
//# expect-error: `main.o` is damaged: a note is cut off at 0x20 in section `.note.gnu.property`
    .globl _start
_start: .long 0
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 3, 0
    .long 0xfffffffc, 0xffffffff, 5
