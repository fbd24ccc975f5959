// --retain-symbols-file: the other symbols are left out.
//# args: -T link.x --retain-symbols-file=names.txt
//# shows: --retain-symbols-file=names.txt
//# present: start kept
//# absent: other local
    .text
    .globl start, other, kept
start: .quad other
other: .quad kept
kept: .quad local
local: .quad 0
