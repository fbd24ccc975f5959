// The same script given twice, as by the build scripts of two crates: it is read once.
//# args: -T link.x -T link.x
//# expect-warning: is given twice; it is read once
//# check: addr(.text) == 0x1000
    .text
    .globl start
start: ret
