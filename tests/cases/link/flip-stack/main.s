// `--flip-stack` moves the statics to the end of RAM and starts the stack below them, whatever
// arithmetic MEMORY holds. Load addresses stay, alignments too, and the symbols of the stack follow.
//# target: thumbv7m-none-eabi
//# args: -T link.x --flip-stack
//# check: addr(.data) == 0x20002ee0 && addr(.bss) == 0x20002f00 && addr(.uninit) == 0x20002fe0
//# check: u32(vectors) == 0x20002ee0 && _stack_start == 0x20002ee0 && _stack_end == 0x20001000
//# check: euninit == 0x20002fe8
//# check: load(.data) == vectors + 0x8 && sidata == load(.data)
//# check: ram_start == 0x20001000 && ram_end == 0x20003000
//# check: table == 0x20002f20 && addr(.fast) == 0x20002fe4 && load(.fast) == vectors + 0x10
    .section .vectors, "a"
    .globl vectors
vectors:
    .long _stack_start
    .long table
    .data
    .long 1, 2
    .bss
    .long 0
    .balign 32
    .globl table
table:
    .space 0xc0
    .section .uninit, "aw", %nobits
    .long 0
    .section .fast, "awx"
    bx lr
    bx lr
