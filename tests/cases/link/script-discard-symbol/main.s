// A symbol assigned in /DISCARD/: both linkers drop the description; here the symbol has the place's
// value, in lld it is 0.
//# args: -T link.x
//# check: in_discard == 5
//# absent: gone
    .text
    .globl start
start: ret
    .section .junk, "aw"
    .globl gone
gone: .quad 1
