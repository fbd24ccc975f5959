// Relocations are not kept in the output; that is said, not passed over.
//# args: -r
//# expect-error: `-r` is not supported yet
    .text
    .globl a
a:  bl b
