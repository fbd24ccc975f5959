    .globl f, other
    .type f, @function
    .type other, @function
f:  mov $20, %eax
    ret
other:
    mov $2, %eax
    ret
    .section .note.gnu.property, "a", @note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 3, 0
