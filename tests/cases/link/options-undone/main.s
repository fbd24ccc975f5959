// Options that take back what stands before them.
//# args: -e start --gc-sections --gc-keep-exported --no-gc-keep-exported -E --no-export-dynamic -x --discard-none -n --no-nmagic -N --no-omagic -pie --no-pie --icf=all --no-icf --flip-stack --no-flip-stack --whole-archive --no-whole-archive libx.a
//# shows: --no-export-dynamic
//# shows: --discard-none
//# shows: --no-nmagic
//# shows: --no-omagic
//# shows: --no-pie
//# shows: --no-icf
//# shows: --no-flip-stack
//# shows: --no-whole-archive
//# archive: libx.a = member.o
//# check: e_type == 2 && entry == start
//# present: kept_local
//# absent: unused in_the_archive
    .text
    .globl start
start: nop
kept_local: ret
    .section .text.unused, "ax"
    .globl unused
unused: ret
    .data
    .quad 1
