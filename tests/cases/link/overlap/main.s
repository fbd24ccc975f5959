// Sections that overlap are an error.
//# args: -T link.x
//# expect-error: `.b`
    .section .a, "a"
    .globl start
start: .space 32
    .section .b, "a"
    .space 32
