    .globl f, ask
    .type f, @function
    .type ask, @function
f:
    ret
ask:
    mov f@GOTPCREL(%rip), %rax
    ret

    .data
    .globl variable
    .type variable, @object
    .size variable, 4
variable:
    .long 40
