// SECTIONS that assigns symbols and describes nothing: the sections are orphans.
//# args: -T link.x
//# check: one == 1 && two == 3
//# present: start
    .text
    .globl start
start: ret
