    .data
    .quad 0
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 32, 5
    .asciz "GNU"
    .long 0xc0008002, 4, 1, 0
    .long 0xc0010002, 4, 8, 0
