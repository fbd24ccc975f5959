// Compressed debug sections are left out, and that is said; the image is right.
//# rustc: -Cdebuginfo=2 -Zdebuginfo-compression=zlib
//# args: -T link.x
//# expect-warning: `main.o` has compressed debug sections, which are left out
//# check: u64(start) == 0x1234
//# no-section: .debug_str
    .text
    .globl start
start: .quad 0x1234
    .section .debug_str, "MS", %progbits, 1
    .zero 4000, 65
    .byte 0
