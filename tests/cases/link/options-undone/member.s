    .data
    .globl in_the_archive
in_the_archive: .quad 1
    .section .init_array, "aw"
    .quad in_the_archive
