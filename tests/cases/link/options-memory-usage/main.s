// --print-memory-usage prints GNU ld's table.
//# target: thumbv7m-none-eabi
//# args: -T link.x --print-memory-usage
//# shows: --print-memory-usage
//# prints: Memory region         Used Size  Region Size  %age Used
//# prints: FLASH:          12 B        64 KB      0.02%
//# prints: RAM:           8 B         8 KB      0.10%
    .text
    .globl start
start: .long 1, 2
    .data
    .long 3
    .bss
    .long 0
