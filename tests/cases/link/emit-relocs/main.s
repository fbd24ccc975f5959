// --emit-relocs: the image has its values, and its tables say where they came from.
//# target: aarch64-unknown-none, thumbv7em-none-eabihf, x86_64-unknown-none
//# args: -T link.x --emit-relocs
//# compare: rust-lld
//# check: u32(table + 8) == other & 0xffffffff
    .text
    .globl start
start:
    .long 0
local:
    .long 1
    .section .rodata.str1.1, "aMS", %progbits, 1
.Ltext: .asciz "text"
    .data
    .globl table
table:
    .long start, local, other, .Ltext
    .weak nobody
    .long nobody
    .section .debug_own, "", %progbits
    .long start, .Lhere
    .text
.Lhere: .long 2
