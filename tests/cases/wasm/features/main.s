// The features of the output are those that were named.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=f --features=mutable-globals,sign-ext
//# shows: --features=mutable-globals,sign-ext
//# bytes: target_features = 02 2b 0f 6d 75 74 61 62 6c 65 2d 67 6c 6f 62 61 6c 73 2b 08 73 69 67 6e 2d 65 78 74
//# compare: rust-lld

    .functype helper () -> (i32)
    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    call helper
    end_function

    .section .text.helper,"",@
    .globl helper
    .hidden helper
    .type helper,@function
helper:
    .functype helper () -> (i32)
    i32.const 0
    i32.load value
    end_function

    .section .text.unused,"",@
    .globl unused
    .type unused,@function
unused:
    .functype unused () -> ()
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 3
    .size value, 4

    .section .data.more,"",@
    .globl more
    .type more,@object
    .p2align 4
more:
    .int32 4
    .size more, 4

    .section .custom_section.notes,"",@
    .ascii "some notes"
