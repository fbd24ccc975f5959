// An image that is marked for BTI: slots lead to the beginning of the PLT at first, where a branch may land, as on an entry.
//# target: aarch64-unknown-none
//# first: libx.so = -shared lib.o -soname=libx.so
//# args: main.o libx.so --dynamic-linker=/lib/ld-linux-aarch64.so.1 -z lazy
//# check: size(.plt) == 32 + 24
//# check: u32(addr(.plt)) == 0xd503245f && u32(addr(.plt) + 4) == 0xa9bf7bf0 && u32(addr(.plt) + 20) == 0xd61f0220
//# check: u32(addr(.plt) + 32) == 0xd503245f && u32(addr(.plt) + 48) == 0xd61f0220
    .globl _start
_start:
    bti c
    bl f
    ret
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000000, 4, 1, 0
