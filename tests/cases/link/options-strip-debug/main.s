//# args: -S -e start
//# shows: -S
//# no-section: .debug_info
//# present: start
    .text
    .globl start
start: nop
    .section .debug_info
    .long 1
