    .file "second.c"
    .section .text.shared, "axG", %progbits, shared, comdat
    .weak shared
shared:
    .long 1
    .long 2
    .section .rodata, "a"
    .long 5
.Lhere:
    .long .Lhere
    .hidden hidden
    .globl hidden
hidden:
    .long hidden
    .section .debug_own, "", %progbits
    .long .Lhere
    .section about_other, "ao", %progbits, .rodata
    .long .Lhere
    .bss
    .zero 8
