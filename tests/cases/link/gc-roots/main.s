// What is reachable from the entry, from KEEP, from -u and EXTERN, from retained sections and
// from __start_ symbols stays; nothing else does.
//# args: --gc-sections -T link.x -u by_option
//# compare: rust-lld
//# lld-args: -z nostart-stop-gc
//# present: entry_point reached by_option by_extern kept retained in_set
//# absent: dead dead_too unreached_set
    .section .text.entry_point, "ax"
    .globl entry_point
entry_point:
    bl reached
    .section .text.reached, "ax"
    .globl reached
reached:
    adrp x0, __start_set
    ret
    .section .text.dead, "ax"
    .globl dead
dead:
    bl dead_too
    .section .text.dead_too, "ax"
    .globl dead_too
dead_too:
    bl dead
    .section .text.by_option, "ax"
    .globl by_option
by_option:
    ret
    .section .text.by_extern, "ax"
    .globl by_extern
by_extern:
    ret
    .section .vectors, "a"
    .globl kept
kept:
    .quad 0
    .section .data.retained, "awR"
    .globl retained
retained:
    .quad 1
    .section set, "a"
    .globl in_set
in_set:
    .quad 2
    .section other_set, "a"
    .globl unreached_set
unreached_set:
    .quad 3
