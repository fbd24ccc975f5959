//# args: -s -e start
//# shows: -s
//# no-section: .symtab .strtab .debug_info
    .text
    .globl start
start: nop
    .section .debug_info
    .long 1
