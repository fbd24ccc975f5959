// `--version` only says which linker this is, `-v` links, too.
//# args: -v --no-entry --export=run
//# prints: xsys
//# run: run() = 1
//# differs: prints: each linker has a version of its own
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
