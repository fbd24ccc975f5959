// --trace names the files, -M prints a map, --reproduce writes inputs and arguments to a file.
//# args: --no-entry --export=f --trace -M --reproduce=all.txt
//# shows: --trace
//# shows: -M
//# shows: --reproduce=all.txt
//# prints: main.o
//# exports: memory memory, function f

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
