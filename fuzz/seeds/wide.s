# --target wasm64-unknown-unknown
    .globaltype __stack_pointer, i64
    .functype helper (i64) -> (i32)
    .section .text.start,"",@
    .globl start
start:
    .functype start () -> (i64)
    global.get __stack_pointer
    i64.load32_u words+4
    i64.const words
    i64.add
    i64.const start
    i32.wrap_i64
    i64.extend_i32_u
    call_indirect (i64) -> (i64)
    i64.const 3
    call helper
    i64.extend_i32_u
    i64.add
    end_function
    .section .data.words,"",@
    .p2align 3
    .globl words
words:
    .int64 start
    .int64 words+8
    .size words, 16
