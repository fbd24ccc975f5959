// A table without a name is nothing that anybody can refer to.
//# rustc: -Ctarget-feature=+reference-types
//# args: --no-entry --export=size
//# run: size() = 4
//# compare: rust-lld

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
