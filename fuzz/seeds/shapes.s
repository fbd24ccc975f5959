# --target wasm32-unknown-unknown -Ctarget-feature=+exception-handling,+reference-types,+atomics,+bulk-memory
    .globaltype __stack_pointer, i32
    .globaltype __tls_base, i32
    .globaltype own_global, i32
    .tabletype own_table, funcref
    .tagtype own_tag i32
    .functype imported (i32) -> (i32)
    .import_module imported, host
    .import_name imported, other
    .functype maybe () -> ()
    .weak maybe
    .functype helper (i64) -> (i32)
    .functype grouped (i32) -> (i32)
    .functype init () -> ()

    .section .text.start,"",@
    .globl start
start:
    .functype start () -> (i32)
    global.get __stack_pointer
    global.set own_global
    call maybe
    i32.const 3
    call imported
    call grouped
    i32.const grouped
    call_indirect (i32) -> (i32)
    i32.load words+4
    i32.const words+4
    i32.add
    i64.const 1
    call helper
    i32.add
    global.get words@GOT
    i32.add
    global.get start@GOT
    i32.add
    i32.const tls_word@TLSREL
    global.get __tls_base
    i32.add
    i32.add
    end_function

    .section .text.init,"",@
    .globl init
init:
    .functype init () -> ()
    block i32
    try
    i32.const 1
    throw own_tag
    catch own_tag
    end_try
    i32.const 0
    end_block
    drop
    i32.const 0
    ref.null_func
    table.set own_table
    end_function
    .section .init_array.7,"",@
    .p2align 2
    .int32 init

    .section .text.grouped,"G",@,grouped,comdat
    .globl grouped
    .weak grouped
grouped:
    .functype grouped (i32) -> (i32)
    local.get 0
    i32.const name
    i32.add
    end_function

    .section .rodata.name,"SG",@,grouped,comdat
name:
    .asciz "a name"
    .size name, 7

    .section .data.words,"R",@
    .p2align 4
    .globl words
words:
    .int32 grouped
    .int32 words+8
    .int32 name-(.+0)
    .size words, 12

    .section .tdata.tls_word,"T",@
    .p2align 2
tls_word:
    .int32 42
    .size tls_word, 4

    .section .bss.room,"",@
    .p2align 3
    .globl room
room:
    .skip 64
    .size room, 64

    .section .tags,"",@
own_tag:
    .globl own_tag
own_global:
    .globl own_global
own_table:
    .globl own_table

    .section .custom_section.mine,"",@
    .int32 words
    .section .custom_section.target_features,"",@
    .int8 2
    .int8 43
    .int8 7
    .ascii "atomics"
    .int8 43
    .int8 11
    .ascii "bulk-memory"
