// An option that would change the image and is not supported is an error, never a silent no.
//# args: --fix-cortex-a53-835769
//# expect-error: `--fix-cortex-a53-835769` is not supported yet
    .text
    .globl a
a:  ret
