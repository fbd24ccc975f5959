// An option that would change the image and is not supported is an error, never a silent no.
//# args: --fix-cortex-a8
//# expect-error: `--fix-cortex-a8` is not supported yet
    .text
    .globl a
a:  ret
