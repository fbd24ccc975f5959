// A global that can be assigned crosses the module's border only where a feature allows it.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=f --export=__stack_pointer --export=count
//# expect-error: mutable global `__stack_pointer` is exported
//# expect-error: mutable global `count` is exported
//# expect-error: mutable global `level` is imported
//# expect-error: --extra-features=mutable-globals
//# compare: rust-lld

    .globaltype count, i32
    .globaltype level, i32
    .import_module level, host
    .import_name level, level

    .globl count
count:

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    global.get count
    global.get level
    i32.add
    end_function
