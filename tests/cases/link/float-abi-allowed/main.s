// --no-warn-mismatch: who asks for it gets hard and soft float in one program.
//# target: thumbv7em-none-eabihf
//# args: main.o other.o -e _start --no-warn-mismatch
//# shows: --no-warn-mismatch
//# check: entry == _start
    .text
    .globl _start
    .thumb_func
_start: bx lr
