// DSECT is not allocated; READONLY takes the write permission away, with a type, too.
//# args: -T link.x
//# expect-warning: the values of `.noload` are lost: `.noload` is not loaded
//# check: flags(.dsect) == 0 && flags(.ro) == 2 && flags(.typed) == 2 && type(.typed) == 7
//# check: flags(.noload) == 2 && type(.noload) == 8 && flags(.rw) == 3
    .text
    .globl start
start: ret
    .section .dsect, "a"
    .quad 1
    .section .ro, "aw"
    .quad 2
    .section .typed, "aw"
    .quad 3
    .section .noload, "aw"
    .quad 4
    .section .rw, "aw"
    .quad 5
