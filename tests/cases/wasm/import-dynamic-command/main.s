// The same in a command, whose every export is wrapped.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --export=table --export=constant --unresolved-symbols=import-dynamic
//# compare: rust-lld


    .functype callback () -> ()
    .functype other () -> (i32)
    .weak weak_data
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get own@GOT
    i32.load 0
    end_function
    .section .text.second,"",@
    .globl second
    .type second,@function
second:
    .functype second () -> (i32)
    i32.const 0
    i32.load table+4
    end_function
    .section .text.weak_one,"",@
    .globl weak_one
    .type weak_one,@function
weak_one:
    .functype weak_one () -> (i32)
    i32.const 0
    i32.load table+16
    end_function
    .section .text.mine,"",@
    .globl mine
    .type mine,@function
mine:
    .functype mine () -> (i32)
    i32.const 0
    i32.load table+12
    i32.load 0
    end_function
    .section .data.table,"",@
    .globl table
    .type table,@object
    .p2align 2
table:
    .int32 number
    .int32 number+4
    .int32 callback
    .int32 own
    .int32 weak_data+8
    .int32 get
    .int32 other
    .int32 number-4
    .size table, 32
    .section .data.own,"",@
    .globl own
    .type own,@object
    .p2align 2
own:
    .int32 3
    .size own, 4
    .section .rodata.constant,"",@
    .globl constant
    .type constant,@object
    .p2align 2
constant:
    .int32 number+100
    .int32 last
    .size constant, 8
    .section .text._start,"",@
    .globl _start
    .type _start,@function
_start:
    .functype _start () -> ()
    end_function
    .section .text.init,"",@
    .globl init
    .type init,@function
init:
    .functype init () -> ()
    end_function

    .section .init_array,"",@
    .p2align 2
    .int32 init
