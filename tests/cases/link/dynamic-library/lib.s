    .globl work
    .type work, @function
work:
    call mine@PLT
    mov counter@GOTPCREL(%rip), %rcx
    add (%rcx), %eax
    ret

    .globl counter
    .type counter, @object
    .size counter, 4
    .data
counter:
    .long 0
