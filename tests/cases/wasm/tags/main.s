// Tags: own, exported, weak, and one that the host has.
//# rustc: -Ctarget-feature=+exception-handling
//# args: --no-entry --export=run --export=own --export=outside
//# imports: tag env.theirs
//# exports: memory memory, function run, tag own, function outside
//# tags: (i32), (i32), (i64 i32)
//# engine: node
//# run: run(5) = 5
//# run: outside(1) = exception
//# compare: rust-lld

    .tagtype own i32
    .tagtype theirs i32
    .import_module theirs, env
    .import_name theirs, theirs
    .tagtype two i64, i32

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    try i32
    local.get 0
    throw own
    catch own
    end_try
    end_function

    .section .text.outside,"",@
    .globl outside
    .type outside,@function
outside:
    .functype outside (i32) -> ()
    try
    local.get 0
    throw theirs
    catch two
    drop
    drop
    end_try
    end_function

    .globl own
own:
    .weak two
two:
