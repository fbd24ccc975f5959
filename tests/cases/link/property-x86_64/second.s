    .globl chosen
chosen:
    endbr64
    movl $42, %eax
    ret
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 1, 0
