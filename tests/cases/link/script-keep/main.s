// KEEP, SHF_GNU_RETAIN, `__start_` and `__stop_`, and what garbage collection takes.
//# args: -T link.x --gc-sections
//# check: u32(__start_table) == 5 && __stop_table - __start_table == 4
//# present: kept retained
//# absent: dropped
//# compare: rust-lld
//# lld-args: -z nostart-stop-gc
    .text
    .globl start
start:
    adrp x0, __start_table
    adrp x1, __stop_table
    ret
    .section .kept, "aw"
    .globl kept
kept: .long 1
    .section .retained, "awR"
    .globl retained
retained: .long 2
    .section .dropped, "aw"
    .globl dropped
dropped: .long 3
    .section table, "aw"
    .long 5
