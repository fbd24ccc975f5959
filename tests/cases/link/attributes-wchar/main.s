// --no-wchar-size-warning: sizes of wchar_t may differ.
//# target: thumbv7m-none-eabi
//# args: -e start --no-wchar-size-warning
//# shows: --no-wchar-size-warning
//# check: entry == start
    .eabi_attribute 18, 4
    .text
    .globl start
    .thumb_func
start: bx lr
