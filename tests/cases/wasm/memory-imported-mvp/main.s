// Without bulk memory, zeros that an imported memory needs are in the file.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=get --import-memory
//# segments: .data 0x10000+4, .bss 0x10008+100
//# start: none
//# engine: node
//# run: get() = 3
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const value
    i32.load 0
    i32.const zeros
    i32.load 0
    i32.add
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 3
    .size value, 4

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 3
zeros:
    .skip 100
    .size zeros, 100
