// MEMORY, `>` and `AT>`: two cursors per region; LOADADDR gives the load address, segments carry it.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# compare: rust-lld
//# check: addr(.text) == 0x8000100 && addr(.data) == 0x20000000
//# check: load(.data) == 0x8000108 && u32(addr(.text)) == 0x8000108
//# check: addr(.bss) == 0x20000004 && size(.bss) == 16
//# check: u32(addr(.text) + 4) == 0x20000000 + 4
//# segments: LOAD r-x, LOAD rw-, LOAD rw-, STACK rw-
    .section .text, "ax"
    .globl start
start:
    .long _sidata
    .long __bss_start
    .data
    .long 0x11223344
    .bss
    .space 16
