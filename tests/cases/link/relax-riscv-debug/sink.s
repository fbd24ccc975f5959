    .option relax
    .section .text.sink, "ax"
    .globl sink
    .type sink, @function
    .cfi_startproc
sink:
    addi sp, sp, -16
    .cfi_def_cfa_offset 16
    call helper
    addi sp, sp, 16
    .cfi_def_cfa_offset 0
    tail helper
    .cfi_endproc
    .size sink, . - sink
helper:
    ret
