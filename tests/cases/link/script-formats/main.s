// OUTPUT_FORMAT with three arguments, OUTPUT_ARCH and TARGET say what the objects say; `-o` beats
// OUTPUT.
//# args: -T link.x
//# check: addr(.text) == 0x1000
//# compare: rust-lld
    .text
    .globl start
start: ret
