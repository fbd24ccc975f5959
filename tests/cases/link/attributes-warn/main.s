// Sizes of wchar_t and of enums only matter where such values are passed: a warning that names
// both objects, and none where it is not wanted.
//# check: symsize(_start) == 0
//# target: thumbv7m-none-eabi
//# args: main.o other.o --no-enum-size-warning
//# shows: --no-enum-size-warning
//# expect-warning: `other.o`: the size of `wchar_t` differs: 2 after 4
//# expect-warning: `main.o` is the earlier object that says so
    .eabi_attribute 18, 4
    .eabi_attribute 26, 1
    .text
    .globl _start
    .thumb_func
_start: bx lr
