// Types of output sections: NOLOAD, INFO, COPY and OVERLAY, TYPE with a name, a number.
//# args: -T link.x
//# expect-warning: the values of `.noload` are lost: `.noload` is not loaded
//# check: type(.noload) == 8 && flags(.noload) == 3 && addr(.after) == 0x2008
//# check: flags(.info) == 0 && flags(.copy) == 0 && flags(.overlay) == 0 && addr(.info) == 0
//# check: type(.note) == 7 && type(.arr) == 14 && type(.own) == 0x60000000 && type(.nobits) == 8
//# compare: rust-lld
//# differs: segments - zeros between contents are a segment of their own in lld
    .text
    .globl start
start: ret
    .section .noload, "aw"
    .quad 1
    .section .after, "aw"
    .quad 2
    .section .info, "a"
    .quad 3
    .section .copy, "a"
    .quad 4
    .section .overlay, "a"
    .quad 5
