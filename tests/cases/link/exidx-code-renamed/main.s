// `.ARM.exidx` says in `sh_link` where the code is, whatever a script calls it.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: link(.ARM.exidx) == index(.code)
//# check: exidx(f1) == f1 - 1
    .section .text.f1, "ax", %progbits
    .globl f1
    .thumb_func
f1: .fnstart
    .save {r4, lr}
    push {r4, lr}
    pop {r4, pc}
    .fnend
