// Only ARMv8-M has secure entry functions.
//# target: thumbv7m-none-eabi
//# args: main.o --cmse-implib
//# shows: --cmse-implib
//# expect-error: secure entry functions need ARMv8-M
    .text
    .globl _start, f, __acle_se_f
    .type f, %function
    .type __acle_se_f, %function
    .thumb_func
_start:
f:
__acle_se_f:
    bx lr
