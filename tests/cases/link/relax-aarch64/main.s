// Addresses within 1 MiB need one instruction, addresses from the GOT no load, to the last byte; not
// where the registers differ, something stands between the two, or the symbol is too far.
//# target: aarch64-unknown-none
//# args: -T link.x
//# compare: rust-lld
//# lld-args: -z norelro
//# check: u32(near) == 0xd503201f && u32(near + 4) & 0x9f00001f == 0x10000000
//# check: u32(slots + 4) & 0x9f00001f == 0x10000002
    .globl start, here
    .text
start:
near:
    adrp x0, here
    add x0, x0, :lo12:here
    adrp x1, here
    add x2, x1, :lo12:here
    adrp x1, here
    nop
    add x1, x1, :lo12:here
    adrp x1, here + 16
    add x1, x1, :lo12:here + 16
    adrp x5, far
    add x5, x5, :lo12:far
here:
    .section .last, "ax"
    adrp x0, forth
    add x0, x0, :lo12:forth
    .section .beyond, "ax"
    adrp x0, too_far_forth
    add x0, x0, :lo12:too_far_forth
    .section .first, "ax"
    adrp x0, back
    add x0, x0, :lo12:back
    .section .before, "ax"
    adrp x0, too_far_back
    add x0, x0, :lo12:too_far_back
    .section .slots, "ax"
slots:
    adrp x2, :got:here
    ldr x2, [x2, :got_lo12:here]
    adrp x2, :got:here
    ldr x3, [x2, :got_lo12:here]
    adrp x4, :got:far
    ldr x4, [x4, :got_lo12:far]
    adrp x4, :got:distant
    ldr x4, [x4, :got_lo12:distant]
    .section .alone, "ax"
    adrp x2, :got:here
    ldr x2, [x2, :got_lo12:here]
    adrp x3, :got:here
    nop
    ldr x3, [x3, :got_lo12:here]
    adrp x3, :got:here
