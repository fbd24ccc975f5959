// OVERLAY: sections that share an address, one after the other in load memory, with the symbols
// that say where.
//# args: -T link.x
//# check: addr(.o1) == 0x2000 && addr(.o2) == 0x2000 && load(.o1) == 0x8000 && load(.o2) == 0x8008
//# check: __load_start_o1 == 0x8000 && __load_stop_o1 == 0x8008 && __load_start_o2 == 0x8008
//# check: addr(.data) == 0x2010
    .text
    .globl start
start: ret
    .section .o1, "a"
    .quad 1
    .section .o2, "a"
    .quad 2, 3
    .data
    .long 9
    .quad __load_start_o1, __load_stop_o1, __load_start_o2
