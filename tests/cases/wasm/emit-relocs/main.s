// A finished module that says where it was patched, for tools that take modules apart.
//# args: --no-entry --export=run --emit-relocs
//# shows: --emit-relocs
//# custom: linking
//# custom: reloc.CODE
//# run: run(5) = 11
//# compare: rust-lld
//# differs: meaning: numbers are shortened only where no relocations are kept

    .functype twice (i32) -> (i32)

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    local.get 0
    call twice
    i32.const 1
    i32.add
    end_function

    .section .text.dead,"",@
    .globl dead
    .type dead,@function
dead:
    .functype dead () -> (i32)
    i32.const 3
    end_function
