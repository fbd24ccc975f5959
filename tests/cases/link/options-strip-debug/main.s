//# args: -S -e start
//# no-section: .debug_info
//# present: start
    .text
    .globl start
start: nop
    .section .debug_info
    .long 1
