// -Trodata-segment and -Tldata-segment without a script; SEGMENT_START asks for them.
//# args: -T link.x -e start -Trodata-segment=0x20000 -Tldata-segment=0x40000
//# shows: -Trodata-segment=0x20000
//# shows: -Tldata-segment=0x40000
//# check: addr(.rodata) == 0x20000 && addr(.data) == 0x40000
    .text
    .globl start
start: ret
    .section .rodata, "a"
    .quad 1
    .data
    .quad 1
