//# target: x86_64-unknown-none
//# args: -z cet-report=error
//# shows: -z cet-report=error
//# expect-error: `main.o` is not marked as made for SHSTK (`-z cet-report`)
    .globl _start
_start: ret
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 1, 0
