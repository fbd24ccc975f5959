// Common symbols belong to the file that declares them: COMMON with file patterns and EXCLUDE_FILE.
//# args: main.o b.o libx.a -T link.x -u member_common
//# archive: libx.a = m.o
//# sections: .text .of_b .of_archive .rest
//# check: b_common == addr(.of_b) && size(.of_b) == 8
//# check: member_common == addr(.of_archive) && main_common == addr(.rest) && size(.rest) == 32
//# compare: rust-lld
//# differs: section .of_archive - lld gives it the name but matches archives by full path, too
    .text
    .globl start
start: ret
    .comm main_common, 32, 8
