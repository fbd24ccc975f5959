// Shared memory: passive segments and their number, a start function that fills memory once, a
// function that gives a thread its data, and addresses of thread-local variables relative to them.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export=get --export=plain --shared-memory --import-memory --max-memory=1048576
//# args: --export=__wasm_init_tls --export=__tls_size --export=__tls_align --export=__tls_base
//# args: --export=__heap_base -z stack-size=4096
//# compare: rust-lld
//# imports: memory env.memory
//# memory: 1..16 shared
//# exports: global __tls_base, global __tls_size, global __tls_align, function __wasm_init_tls, function get, function plain, global __heap_base
//# start: __wasm_init_memory
//# value: __tls_size = 24
//# value: __tls_align = 16
//# segments: .tdata passive+24, .rodata passive+5, .data passive+8
//# value: __heap_base = 0x10c0

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
    global.get __tls_base
    i32.const wide@TLSREL + 8
    i32.add
    i32.load 0
    i32.add
    end_function

    .section .text.plain,"",@
    .globl plain
    .type plain,@function
plain:
    .functype plain () -> (i32)
    i32.const 0
    i32.load value
    i32.const 0
    i32.load8_u text
    i32.add
    i32.const 0
    i32.load zeros
    i32.add
    end_function

    .section .tdata.mine,"T",@
    .globl mine
    .type mine,@object
    .p2align 2
mine:
    .int32 7
    .size mine, 4

    .section .tdata.wide,"T",@
    .globl wide
    .type wide,@object
    .p2align 4
wide:
    .int64 1
    .size wide, 8

    .section .data.value,"",@
    .type value,@object
    .p2align 3
value:
    .int32 100
    .int32 value
    .size value, 8

    .section .rodata.text,"",@
    .type text,@object
text:
    .asciz "text"
    .size text, 5

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 4
zeros:
    .skip 128
    .size zeros, 128
