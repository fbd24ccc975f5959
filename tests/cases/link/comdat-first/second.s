    .section .text.inline_fn, "axG", %progbits, inline_fn, comdat
    .weak inline_fn
inline_fn:
    mov x0, 2
    nop
    ret
    .section .data.of_group, "awG", %progbits, inline_fn, comdat
    .quad 2
    .quad 3
    .data
    .globl table2
table2: .quad inline_fn
