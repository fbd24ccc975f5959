    .section .text.f2, "ax"
    .globl f2
f2:
    .cfi_startproc
    .cfi_def_cfa_offset 48
    .space 12
    .cfi_endproc
