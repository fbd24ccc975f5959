    .text
    .globl other
other:
    .long table
    .section .rodata.str1.1, "aMS", %progbits, 1
.Ltext: .asciz "text"
    .data
    .long .Ltext, .Lhere
    .section .debug_own, "", %progbits
    .long .Lhere
    .text
    .long 7
.Lhere: .long 8
