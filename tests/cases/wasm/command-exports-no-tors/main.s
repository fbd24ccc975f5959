// Without initialisers and finalisers nothing is wrapped.
//# args: --export=add
//# exports: memory memory, function _start, function add
//# run: add(2, 3) = 5
//# compare: rust-lld

    .section .text._start,"",@
    .globl _start
    .type _start,@function
_start:
    .functype _start () -> ()
    end_function
    .section .text.add,"",@
    .globl add
    .type add,@function
add:
    .functype add (i32, i32) -> (i32)
    local.get 0
    local.get 1
    i32.add
    end_function
