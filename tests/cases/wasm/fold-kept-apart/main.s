// What must not be folded: functions whose address somebody takes (as a slot or in data),
// exports, data with names. What may be: a function that is only called.
//# args: --no-entry --export=slots --export=in_data --export=statics --export=words --export=calls --export=one --export=two
//# compare: rust-lld
//# differs: run: constants that the compiler made up have no address of their own; we keep one
//# run: slots() = 1
//# run: in_data() = 1
//# run: statics() = 1
//# run: words() = 0
//# run: calls() = 11
//# present: slot_a slot_b data_a data_b one two only_a
//# absent: only_b

    .section .text.slots,"",@
    .globl slots
    .type slots,@function
slots:
    .functype slots () -> (i32)
    i32.const slot_a
    i32.const slot_b
    i32.ne
    end_function

    .section .text.slot_a,"",@
    .type slot_a,@function
slot_a:
    .functype slot_a () -> (i32)
    i32.const 3
    end_function

    .section .text.slot_b,"",@
    .type slot_b,@function
slot_b:
    .functype slot_b () -> (i32)
    i32.const 3
    end_function

    .section .text.in_data,"",@
    .globl in_data
    .type in_data,@function
in_data:
    .functype in_data () -> (i32)
    i32.const 0
    i32.load pointer_a
    i32.const 0
    i32.load pointer_b
    i32.ne
    end_function

    .section .text.data_a,"",@
    .type data_a,@function
data_a:
    .functype data_a () -> (i64)
    i64.const 3
    end_function

    .section .text.data_b,"",@
    .type data_b,@function
data_b:
    .functype data_b () -> (i64)
    i64.const 3
    end_function

    .section .data.pointer_a,"",@
    .type pointer_a,@object
    .p2align 2
pointer_a:
    .int32 data_a
    .size pointer_a, 4

    .section .data.pointer_b,"",@
    .type pointer_b,@object
    .p2align 2
pointer_b:
    .int32 data_b
    .size pointer_b, 4

    .section .text.statics,"",@
    .globl statics
    .type statics,@function
statics:
    .functype statics () -> (i32)
    i32.const static_a
    i32.const static_b
    i32.ne
    end_function

    .section .rodata.static_a,"",@
    .type static_a,@object
static_a:
    .int32 77
    .size static_a, 4

    .section .rodata.static_b,"",@
    .type static_b,@object
static_b:
    .int32 77
    .size static_b, 4

    .section .text.words,"",@
    .globl words
    .type words,@function
words:
    .functype words () -> (i32)
    i32.const .Lword_a
    i32.const .Lword_b
    i32.ne
    end_function

    .section .rodata..Lword_a,"",@
    .type .Lword_a,@object
.Lword_a:
    .int32 78
    .size .Lword_a, 4

    .section .rodata..Lword_b,"",@
    .type .Lword_b,@object
.Lword_b:
    .int32 78
    .size .Lword_b, 4

    .section .text.calls,"",@
    .globl calls
    .type calls,@function
calls:
    .functype calls () -> (i32)
    i32.const 2
    call only_a
    i32.const 3
    call only_b
    i32.add
    end_function

    .section .text.only_a,"",@
    .type only_a,@function
only_a:
    .functype only_a (i32) -> (i32)
    local.get 0
    i32.const 3
    i32.add
    end_function

    .section .text.only_b,"",@
    .type only_b,@function
only_b:
    .functype only_b (i32) -> (i32)
    local.get 0
    i32.const 3
    i32.add
    end_function

    .section .text.one,"",@
    .globl one
    .type one,@function
one:
    .functype one () -> (f32)
    f32.const 1.5
    end_function

    .section .text.two,"",@
    .globl two
    .type two,@function
two:
    .functype two () -> (f32)
    f32.const 1.5
    end_function
