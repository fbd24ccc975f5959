// Code has an address as a number, which is not known before run time.
//# args: --no-entry --export=get --export=call --unresolved-symbols=import-dynamic
//# expect-error: the address of `missing` is not known before run time
//# expect-error: the address of `callback` is not known before run time
//# compare: rust-lld

    .functype callback () -> ()
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const missing
    end_function
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    i32.const callback
    end_function
