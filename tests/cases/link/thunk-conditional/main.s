// A conditional branch reaches 1 MiB: its thunk is a plain branch, 16 MiB, where that is enough.
// Without such branches code has no thunk sections every megabyte.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: size(.near) == 4 + 4 + 4 + 10
//# check: u16(__thunk_middle & ~1) == 0xf1fe && u16(__thunk_far & ~1) == 0xf240
//# present: __thunk_middle __thunk_far
    .syntax unified
    .section .near, "ax", %progbits
    .globl start
    .type start, %function
start:
    beq.w middle
    bne.w far
    .section .middle, "ax", %progbits
    .globl middle
    .type middle, %function
middle:
    bx lr
    .section .far, "ax", %progbits
    .globl far
    .type far, %function
far:
    bx lr
