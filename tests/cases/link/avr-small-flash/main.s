// The program counter of a device with 8 KiB of flash wraps: `rjmp` goes backwards over the end.
//# target: avr-none
//# rustc: -Ctarget-cpu=attiny85
//# args: -T link.x
//# compare: rust-lld
//# check: u16(start) == 0xcffc && u16(last) == 0xc004
    .section .text.start, "ax"
    .globl start
start:
    rjmp last
    nop
    nop
    .section .text.last, "ax"
    .globl last
last:
    rjmp start + 4
