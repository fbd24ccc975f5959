// --target2=rel: TARGET2 is relative to its place; --pic-veneer: thunks contain no addresses.
//# target: armv4t-none-eabi
//# args: -T link.x -e start --target2=rel --pic-veneer --target1-rel --target1-abs
//# shows: --target2=rel
//# shows: --pic-veneer
//# shows: --target1-abs
//# check: u32(table) == (start - table & 0xffffffff) && u32(table + 4) == start
    .text
    .arm
    .globl start
    .type start, %function
start: bl far
    .globl table
table:
    .word start(TARGET2)
    .word start(TARGET1)
    .section .far, "ax", %progbits
    .arm
    .globl far
    .type far, %function
far: bx lr
