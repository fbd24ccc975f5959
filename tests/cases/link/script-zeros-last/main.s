// Pitfall: zeros take no room in the file where they are last in their segment, and do where contents
// follow; a segment of zeros alone has no bytes.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: u32(addr(.tail)) == 7 && load(.tail) == 0x20000104 && load(.data) == 0x8004
//# segments: LOAD r-x, LOAD rw-, LOAD rw-, LOAD rw-, STACK rw-
    .text
    .globl start
start: .long 1
    .data
    .long 2
    .bss
    .space 256
    .section .tail, "aw"
    .long 7
    .section .noinit, "aw", %nobits
    .space 64
