// Relocations are not kept in the output; that is said, not passed over.
//# args: -r
//# expect-error: relocations cannot be kept in the output yet
    .text
    .globl a
a:  bl b
