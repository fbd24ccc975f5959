// `--export-dynamic` exports what is neither hidden nor local.
//# args: --no-entry --export-dynamic
//# exports: memory memory, global __stack_pointer, function seen, global shown
//# absent: unseen
//# compare: rust-lld

    .functype unseen () -> (i32)
    .section .text.seen,"",@
    .globl seen
    .type seen,@function
seen:
    .functype seen () -> (i32)
    i32.const 1
    end_function

    .section .text.unseen,"",@
    .globl unseen
    .hidden unseen
    .type unseen,@function
unseen:
    .functype unseen () -> (i32)
    i32.const 1
    end_function

    .section .data.shown,"",@
    .globl shown
    .type shown,@object
    .p2align 2
shown:
    .int32 1
    .size shown, 4

    .section .data.secret,"",@
    .globl secret
    .hidden secret
    .type secret,@object
    .p2align 2
secret:
    .int32 2
    .size secret, 4
