// A global that is dropped is listed, one that is kept is not.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=get --print-gc-sections
//# prints: main.o:(dropped)
//# compare: rust-lld

    .globaltype dropped, i32
    .globl dropped
dropped:
    .globaltype kept, i32
    .globl kept
kept:
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get kept
    end_function
    .section .text.unused,"",@
    .globl unused
    .type unused,@function
unused:
    .functype unused () -> (i32)
    global.get dropped
    end_function
