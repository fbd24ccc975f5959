// Modules and names of imports and exports are the source's; equal imports are one.
//# args: --no-entry --export=go
//# imports: function host.tell_me, function env.plain, global env.level
//# exports: memory memory, function go_now
//# run: go_now(5) = 17
//# compare: rust-lld

    .functype tell (i32) -> (i32)
    .import_module tell, host
    .import_name tell, tell_me
    .functype again (i32) -> (i32)
    .import_module again, host
    .import_name again, tell_me
    .functype plain (i32) -> (i32)
    .import_module plain, env
    .import_name plain, plain
    .globaltype level, i32, immutable
    .import_module level, env
    .import_name level, level

    .section .text.go,"",@
    .globl go
    .export_name go, go_now
    .type go,@function
go:
    .functype go (i32) -> (i32)
    local.get 0
    call tell
    local.get 0
    call again
    i32.add
    i32.const 0
    call plain
    i32.add
    global.get level
    i32.add
    end_function
