// An empty name of the entry point or the module is none; that of memory is a name.
//# args: --entry= --soname= --export-memory= --build-id=0x123
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
