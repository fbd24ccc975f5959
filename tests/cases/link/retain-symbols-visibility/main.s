// The strictest visibility counts; hidden symbols become local.
//# args: -T link.x
//# check: bind(h) == 0 && bind(p) == 1 && visibility(p) == 3 && bind(d) == 1
//# compare: rust-lld
    .text
    .globl start, h, p, d
start: ret
h:  nop
p:  nop
d:  nop
    .protected p
