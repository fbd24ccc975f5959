// Flash and RAM are too far apart for BL and B.W: thunks both ways, in Thumb state.
//# target: thumbv6m-none-eabi, thumbv7m-none-eabi, thumbv8m.base-none-eabi, thumbv7em-none-eabihf
//# args: -T link.x
//# check: size(.text) > 12 && size(.ram) > 8
//# check: entry == reset | 1
//# present: __thunk_in_ram __thunk_in_flash
    .globl reset
    .type reset, %function
    .thumb_func
reset:
    bl in_ram
    bl in_ram
    bx lr
    .globl in_flash
    .type in_flash, %function
    .thumb_func
in_flash:
    bx lr
    .section .ramtext, "ax", %progbits
    .globl in_ram
    .type in_ram, %function
    .thumb_func
in_ram:
    bl in_flash
    bx lr
