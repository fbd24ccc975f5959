// Hard float and soft float do not go together: both objects are named, and what to change.
//# target: thumbv7em-none-eabihf
//# args: main.o other.o
//# expect-error: `other.o`: soft-float (integer-register) floating-point arguments cannot be linked with hard-float (VFP-register)
//# expect-error: `main.o` is the earlier object that says so
//# expect-error: targets whose names end in `eabihf` are hard-float
    .text
    .globl _start
    .thumb_func
_start: bx lr
