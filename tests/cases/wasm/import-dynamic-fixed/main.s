// An address that is not known before run time cannot stand in the code as a number.
//# args: --no-entry --export=value --unresolved-symbols=import-dynamic
//# expect-error: the address of `number` is not known before run time
//# expect-error: position-independent code

    .section .text.value,"",@
    .globl value
    .type value,@function
value:
    .functype value () -> (i32)
    i32.const 0
    i32.load number
    end_function
