    .section .rodata.str, "aMS", %progbits, 1
    .asciz "other"
s: .asciz "shared"
    .section .rodata.wide, "aMS", %progbits, 4
    .long 0x51, 0
w: .long 0x57, 0x69, 0
    .section .rodata.cst8, "aM", %progbits, 8
    .quad 0x77
k: .quad 0x1122334455667788
    .data
    .globl refs2
refs2:
    .quad s
    .quad .rodata.str
    .quad w
    .quad k
