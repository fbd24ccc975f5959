// What is hidden in an object or an archive's member is not exported, but used.
//# archive: libx.a = member.o
//# args: main.o libx.a --no-entry --export=run --export-dynamic
//# run: run() = 9
//# compare: rust-lld

    .functype in_member () -> (i32)
    .hidden number
    .size number, 4
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call in_member
    i32.const 0
    i32.load number
    i32.add
    end_function
    .hidden hidden_one
    .section .text.hidden_one,"",@
    .globl hidden_one
    .type hidden_one,@function
hidden_one:
    .functype hidden_one () -> (i32)
    i32.const 1
    end_function
