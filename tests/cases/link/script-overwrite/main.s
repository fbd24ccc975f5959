// OVERWRITE_SECTIONS describes sections of the main script or of none anew: its rules come first, its
// place is that of the description of the same name, or an orphan's.
//# args: -T link.x -T over.x --gc-sections
//# sections: .text .data .tail .extra
//# check: kept_start == addr(.data) && kept_end - kept_start == 8 && align(.data) == 64
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .data.kept, "aw"
    .quad 1
    .section .data.other, "aw"
    .quad 2
    .section .extra.x, "aw"
    .quad 3
    .section .tail, "aw"
    .quad 4
    .section .dropped, "aw"
    .quad 5
