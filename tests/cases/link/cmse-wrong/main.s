// Marks without functions, and functions of the wrong kind.
//# target: thumbv8m.main-none-eabi
//# args: main.o --cmse-implib
//# expect-error: `__acle_se_lost` marks an entry function, but no global function `lost` is defined
//# expect-error: `data` must be a Thumb function to be a secure entry
//# expect-error: `__acle_se_data` must be a Thumb function to be a secure entry
    .text
    .globl _start
    .thumb_func
_start:
    .globl __acle_se_lost
    .type __acle_se_lost, %function
__acle_se_lost:
    bxns lr
    .globl data, __acle_se_data
data:
__acle_se_data:
    bxns lr
