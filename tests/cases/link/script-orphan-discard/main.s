//# args: -T link.x --orphan-handling=discard
//# sections: .text
//# absent: extra
    .text
    .globl start
start: ret
    .section .extra, "a"
    .globl extra
extra: .quad 1
