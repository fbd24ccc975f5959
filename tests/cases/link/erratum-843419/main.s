// --fix-cortex-a53-843419: an ADRP in the last words of a page before the erratum's sequence becomes
// an ADR with the same result.
//# args: -T link.x --fix-cortex-a53-843419
//# shows: --fix-cortex-a53-843419
//# check: u32(start + 0xff8) == 0x10000000 | (3 << 29) & 0 | (((value - start - 0xff8) & 3) << 29) | (((value - start - 0xff8) >> 2) << 5)
//# check: u32(start + 0x1ff8) & 0x9f000000 == 0x90000000
    .text
    .balign 4096
    .globl start
start:
    .space 0xff8
    adrp x0, value
    str x1, [x2]
    ldr x0, [x0, :lo12:value]
    .space 0xff4
    adrp x0, value
    add x1, x1, x2
    ldr x0, [x0, :lo12:value]
    .data
    .balign 4096
    .globl value
value: .quad 1
