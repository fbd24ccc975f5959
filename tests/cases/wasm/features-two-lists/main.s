// Bytes behind the list of features: here a second list, LLVM's own behind that of the source. wasm-ld refuses
// such an object, and so does its manner; without that the first list counts.
//# args: --no-entry --export=f
//# exports: memory memory, function f
//# refused: main.o: target features section ended prematurely
//# compare: rust-lld

    .section .custom_section.target_features,"",@
    .int8 1
    .int8 43
    .int8 8
    .ascii "sign-ext"

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
