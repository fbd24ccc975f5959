// A strong definition takes the place of a weak one, also in data; of two weak ones the first stays;
// what is weak and undefined is null, and calling it traps.
//# args: --no-entry --export=run --export=value --export=first --export=missing --export=address
//# run: run() = 2
//# run: value() = 20
//# run: first() = 5
//# run: missing() = trap
//# run: address() = 0
//# compare: rust-lld

    .functype answer () -> (i32)
    .functype twice () -> (i32)
    .functype absent () -> (i32)
    .weak absent

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call answer
    end_function

    .section .text.value,"",@
    .globl value
    .type value,@function
value:
    .functype value () -> (i32)
    i32.const 0
    i32.load number
    end_function

    .section .text.first,"",@
    .globl first
    .type first,@function
first:
    .functype first () -> (i32)
    call twice
    end_function

    .section .text.missing,"",@
    .globl missing
    .type missing,@function
missing:
    .functype missing () -> (i32)
    call absent
    end_function

    .section .text.address,"",@
    .globl address
    .type address,@function
address:
    .functype address () -> (i32)
    i32.const absent
    i32.const nowhere
    i32.add
    end_function

    .section .text.answer,"",@
    .weak answer
    .type answer,@function
answer:
    .functype answer () -> (i32)
    i32.const 1
    end_function

    .section .text.twice,"",@
    .weak twice
    .type twice,@function
twice:
    .functype twice () -> (i32)
    i32.const 5
    end_function

    .section .data.number,"",@
    .weak number
    .type number,@object
    .p2align 2
number:
    .int32 10
    .size number, 4

    .weak nowhere
