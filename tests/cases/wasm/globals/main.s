// Globals of objects: own, exported, weak, mutable, imported.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=f --export=count
//# imports: global host.level
//# exports: memory memory, global count, function f
//# run: f() = 8
//# run: f() = 9
//# compare: rust-lld

    .globaltype count, i32
    .globaltype level, i32, immutable
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
    i32.const 1
    i32.add
    global.set count
    global.get count
    global.get level
    i32.add
    end_function
