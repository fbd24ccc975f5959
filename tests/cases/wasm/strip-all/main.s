// Names, producers and features go; what other tools have left for tools stays.
//# args: --no-entry --export=f --strip-all --keep-section=producers
//# shows: --strip-all
//# shows: --keep-section=producers
//# custom: notes
//# no-custom: name
//# no-custom: target_features
//# custom: producers
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
