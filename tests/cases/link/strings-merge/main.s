// Equal strings share their place, also across files, and references follow by symbol, by section
// symbol and addend. Strings of wide characters and constants merge apart from them.
//# args: -T link.x
//# check: u64(refs) == u64(refs + 8) && u64(refs) == u64(refs2)
//# string: u64(refs) = shared
//# string: u64(refs + 16) = other
//# string: u64(refs2 + 8) = other
//# string: u64(refs + 24) = red
//# check: u64(refs + 16) == u64(refs2 + 8)
//# check: u64(refs + 32) == u64(refs2 + 16) && u32(u64(refs + 32)) == 0x57
//# check: u64(refs + 40) == u64(refs2 + 24) && u64(u64(refs + 40)) == 0x1122334455667788
//# check: u64(u64(refs + 48)) == 0x99 && u64(refs + 40) == u64(refs + 56)
    .section .rodata.str, "aMS", %progbits, 1
.asciz "padding"
named: .asciz "shared"
again: .asciz "shared"
other: .asciz "other"
    .section .rodata.wide, "aMS", %progbits, 4
wide: .long 0x57, 0x69, 0
    .section .rodata.cst8, "aM", %progbits, 8
c1: .quad 0x1122334455667788
c2: .quad 0x99
c3: .quad 0x1122334455667788
    .data
    .globl refs
refs:
    .quad named
    .quad again
    .quad .rodata.str + 22
    .quad named + 3
    .quad wide
    .quad c1
    .quad c2
    .quad c3
