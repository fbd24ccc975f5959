// --fix-cortex-a53-835769: a multiply-accumulate behind a memory access moves into a patch; data that
// looks like it stays. The program computes 5 * 7 + 3 - 38 either way.
//# target: aarch64-unknown-linux-musl
//# args: main.o -static --fix-cortex-a53-835769
//# shows: --fix-cortex-a53-835769
//# run: 0
//# check: u32(access + 4) >> 26 == 5 && u32(data + 4) == 0x9b041462 && u32(plain) == 0x9b041462
//# check: u32(access + 4 + ((u32(access + 4) & 0x3ffffff) << 2)) == 0x9b020c20
//# check: u32(access + 8 + ((u32(access + 4) & 0x3ffffff) << 2)) >> 26 == 5
    .globl _start
_start:
    mov x1, 5
    mov x2, 7
    mov x3, 3
access:
    str x1, [sp, -16]!
    madd x0, x1, x2, x3
    sub x0, x0, 38
    mov x8, 93
    svc 0
data:
    .word 0xf9400041, 0x9b041462
    nop
plain:
    madd x2, x3, x4, x5
