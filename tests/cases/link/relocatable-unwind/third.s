    .section .text.shared, "axG", %progbits, shared, comdat
    .weak shared
shared:
    .cfi_startproc
    .long 1
    .cfi_endproc
