// Threads at work: memory is filled once, whoever comes first; each thread counts in its own
// variable, all add to a shared one. Zeros are zeros even where memory held something else.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export=count --export=total --export=zero --shared-memory --import-memory
//# args: --max-memory=16777216 --initial-memory=2097152 --export=__stack_pointer --export=__heap_base
//# args: --export=__wasm_init_tls --export=__tls_size --export=__tls_align
//# compare: rust-lld
//# engine: node
//# workers: 4
//# worker: count(10) = 15
//# worker: count(1) = 16
//# worker: zero() = 0
//# run: count(0) = 5
//# run: total() = 144
//# run: zero() = 0

    .globaltype __tls_base, i32
    .section .text.count,"",@
    .globl count
    .type count,@function
count:
    .functype count (i32) -> (i32)
    i32.const shared
    local.get 0
    i32.atomic.rmw.add 0
    drop
    global.get __tls_base
    i32.const own@TLSREL
    i32.add
    global.get __tls_base
    i32.const own@TLSREL
    i32.add
    i32.load 0
    local.get 0
    i32.add
    i32.store 0
    global.get __tls_base
    i32.const own@TLSREL
    i32.add
    i32.load 0
    end_function

    .section .text.total,"",@
    .globl total
    .type total,@function
total:
    .functype total () -> (i32)
    i32.const shared
    i32.atomic.load 0
    end_function

    .section .text.zero,"",@
    .globl zero
    .type zero,@function
zero:
    .functype zero () -> (i32)
    i32.const zeros
    i32.load 60
    end_function

    .section .tdata.own,"T",@
    .type own,@object
    .p2align 2
own:
    .int32 5
    .size own, 4

    .section .data.shared,"",@
    .type shared,@object
    .p2align 2
shared:
    .int32 100
    .size shared, 4

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 4
zeros:
    .skip 64
    .size zeros, 64
