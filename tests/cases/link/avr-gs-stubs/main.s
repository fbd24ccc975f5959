// Function pointers have 16 bits: beyond 128 KiB they name a jump in the lower part of the flash.
//# target: avr-none
//# rustc: -Ctarget-cpu=atmega2560
//# args: -T link.x
//# check: u16(pointer) == u16(pointer + 4) && u16(pointer + 2) == near / 2
//# check: u16(u16(pointer) * 2) == 0x940d && u16(u16(pointer) * 2 + 2) == (far / 2) & 0xffff && u16(pointer) * 2 < 0x20000
//# check: u16(start) == 0xe080 + ((u16(pointer) & 0xf0) << 4) + (u16(pointer) & 0xf)
//# check: u16(start + 4) == 0x940f && u16(start + 6) == (far / 2) & 0xffff
    .section .text.start, "ax"
    .globl start
start:
    ldi r24, lo8_gs(far)
    ldi r25, hi8_gs(far)
    call far
    ret
    .globl near
near:
    ret
    .section .text.far, "ax"
    .globl far
far:
    ret
    .section .data.pointer, "aw"
    .globl pointer
pointer:
    .word gs(far)
    .word gs(near)
    .word gs(far)
