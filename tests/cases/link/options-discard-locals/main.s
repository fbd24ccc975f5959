// -X leaves out temporary labels; others stay.
//# args: -e start -X
//# shows: -X
//# present: local
//# absent: .Ltemporary
    .text
    .globl start
start: ret
local: ret
    .section .mine, "a"
.Ltemporary: .quad 1
    .section .debug_own, "", %progbits
    .reloc ., R_AARCH64_ABS64, .Ltemporary
    .quad 0
