// AT(…) counts in no region: an image that leaves one is told. Contiguous regions are one place,
// and addresses that no region is about are somebody else's.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# expect-warning: the image of `.data` leaves `FLASH` by 4 bytes
//# expect-warning: the image of `.pushed` leaves `TWO` by 4 bytes
//# check: load(.data) == 0x200000fc && load(.both) == 0x3000000c && load(.other) == 0x70000000
    .globl _start
_start:
    j _start
    .data
    .word 1, 2
    .section .pushed, "aw", @progbits
    .word 3
    .section .both, "aw", @progbits
    .word 4, 5
    .section .other, "aw", @progbits
    .word 6
