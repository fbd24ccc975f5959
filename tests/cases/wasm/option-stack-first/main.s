// --stack-first takes back --no-stack-first: the stack lies below the data.
//# args: --no-entry --export=f --export=value --no-stack-first --stack-first -z stack-size=8192
//# shows: --stack-first
//# value: value = 8192
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function

    .section .data.value,"",@
    .globl value
value:
    .int32 1
    .size value, 4
