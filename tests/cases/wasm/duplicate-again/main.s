// --no-allow-multiple-definition takes back --allow-multiple-definition.
//# args: main.o other.o --no-entry --export=f --allow-multiple-definition --no-allow-multiple-definition
//# shows: --no-allow-multiple-definition
//# expect-error: symbol `f` is defined twice

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
