    .tabletype mine, externref, 4, 8
    .globl mine
mine:

    .section .text.size,"",@
    .globl size
    .type size,@function
size:
    .functype size () -> (i32)
    table.size mine
    end_function
