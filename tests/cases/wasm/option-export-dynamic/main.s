// --no-export-dynamic takes back --export-dynamic.
//# args: --no-entry --export=f --export-dynamic --no-export-dynamic
//# shows: --no-export-dynamic
//# exports: memory memory, function f
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function

    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g () -> ()
    end_function
