    .section .text.second, "ax"
    .globl second
second:
    .cfi_startproc
    .long shared - .
    .cfi_endproc
    .section .text.shared, "axG", %progbits, shared, comdat
    .weak shared
shared:
    .cfi_startproc
    .long 1
    .cfi_def_cfa_offset 32
    .cfi_endproc
    .section .text.unused, "ax"
    .globl unused
unused:
    .cfi_startproc
    .long 9
    .cfi_endproc
