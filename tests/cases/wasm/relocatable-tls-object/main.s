// Symbols and segments of an object that can be linked again say what is thread-local, hidden, weak, kept.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: -r
//# differs: meaning: wasm-ld loses names of exports
//# compare: rust-lld

    .globaltype __tls_base, i32
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get __tls_base
    i32.const mine@TLSREL
    i32.add
    i32.load 0
    end_function
    .section .tdata.mine,"T",@
    .globl mine
    .type mine,@object
    .p2align 2
mine:
    .int32 7
    .size mine, 4
    .section .tbss.clear,"T",@
    .globl clear
    .type clear,@object
    .p2align 2
clear:
    .skip 8
    .size clear, 8
    .weak weak_one
    .section .text.weak_one,"",@
    .globl weak_one
    .type weak_one,@function
weak_one:
    .functype weak_one () -> (i32)
    i32.const 1
    end_function
    .hidden hidden_one
    .section .text.hidden_one,"",@
    .globl hidden_one
    .type hidden_one,@function
hidden_one:
    .functype hidden_one () -> (i32)
    i32.const 1
    end_function
    .no_dead_strip kept_one
    .section .text.kept_one,"",@
    .globl kept_one
    .type kept_one,@function
kept_one:
    .functype kept_one () -> (i32)
    i32.const 1
    end_function
    .export_name named, other_name
    .section .text.named,"",@
    .globl named
    .type named,@function
named:
    .functype named () -> (i32)
    i32.const 1
    end_function
    .section .data.kept,"R",@
    .globl kept_data
    .type kept_data,@object
    .p2align 2
kept_data:
    .int32 3
    .size kept_data, 4
