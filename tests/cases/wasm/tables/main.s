// More tables than that of function pointers: own, imported, exported.
//# rustc: -Ctarget-feature=+reference-types
//# args: --no-entry --export=size --export=call --export=mine
//# compare: rust-lld
//# run: call() = 3
//# run: size() = 6
//# exports: memory memory, table mine, function size, function call

    .functype three () -> (i32)
    .tabletype mine, externref, 4, 8
    .globl mine
mine:
    .tabletype small, funcref, 2
small:
    .tabletype __indirect_function_table, funcref

    .section .text.size,"",@
    .globl size
    .type size,@function
size:
    .functype size () -> (i32)
    table.size mine
    table.size small
    i32.add
    end_function

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    i32.const three
    call_indirect __indirect_function_table, () -> (i32)
    end_function

    .section .text.three,"",@
    .type three,@function
three:
    .functype three () -> (i32)
    i32.const 3
    end_function
