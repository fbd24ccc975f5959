// What is said of a finished module makes no sense for an object.
//# args: -r -e run --gc-sections -u run --compress-relocations --strip-debug --shared-memory --global-base=1024
//# expect-error: `--relocatable` and `--
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
