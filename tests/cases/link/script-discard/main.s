// /DISCARD/ takes sections away; (INFO) and (COPY) take memory from none; (NOLOAD) takes no file.
//# args: -T link.x
//# expect-warning: the values of `.noload` are lost: `.noload` is not loaded
//# check: size(.info) == 4 && flags(.info) == 0 && flags(.copy) == 0
//# check: type(.noload) == 8 && size(.noload) == 8 && addr(.after) == addr(.noload) + 8
//# check: u32(addr(.after)) == 7
//# sections: .text .noload .after
//# absent: gone
//# compare: rust-lld
//# differs: segments - zeros between contents are a segment of their own in lld
    .text
    .globl start
start: ret
    .section .junk, "a"
    .globl gone
gone: .long 1
    .section .info, "a"
    .long 2
    .section .copy, "a"
    .long 3
    .section .noload, "aw"
    .quad 4
    .section .after, "aw"
    .long 7
