// A strong definition takes the place of a weak one of another type, in whichever order they come. wasm-ld takes the first,
// and so does strict mode.
//# args: --no-entry --export=run weak.o strong.o main.o
//# expect-warning: function `callee` is declared with different types
//# run: run() = 4
//# compare: rust-lld
//# differs: meaning: its call traps: the first definition wins there, though it is weak
//# differs: run: likewise

    .functype callee () -> (i32)
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call callee
    end_function
