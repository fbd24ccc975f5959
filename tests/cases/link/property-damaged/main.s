// A property that is longer than its note.
//# target: x86_64-unknown-none, aarch64-unknown-none
//# expect-error: `main.o` is damaged: a property is cut off at 0x10 in section `.note.gnu.property`
    .globl _start
_start: .long 0
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 8, 5
    .asciz "GNU"
    .long 0xc0000002, 40
