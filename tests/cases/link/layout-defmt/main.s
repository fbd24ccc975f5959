// Log strings that are not in the image: their sections lie in an INFO section whose addresses are
// their numbers, from 1, by severity. The code holds the numbers. EXTERN pulls the logger out of
// its archive, PROVIDE gives a timestamp and a panic handler where the program has none.
//# target: thumbv7em-none-eabihf
//# args: -T link.x -T log.x --gc-sections --as-needed liblog.a
//# archive: liblog.a = logger.o
//# check: addr(.log) == 0 && type(.log) == 1 && size(.log) == LOG_END + 1
//# check: prim_u8 == 1 && kind(prim_u8) == 1 && LOG_TRACE_START == 2 && LOG_TRACE_END == 2
//# check: LOG_INFO_START == 2 && info_one == 2 && info_two == 3 && LOG_INFO_END == 4
//# check: LOG_ERROR_START == 4 && error_one == 4 && LOG_ERROR_END == 5 && user == 5
//# check: section(info_one) == index(.log) && flags(.log) & 2 == 0 && flags(.log) & 0x200000 != 0
//# check: u32(used) == 2 && u32(used + 4) == 3 && u32(used + 8) == 4 && u32(used + 12) == 1
//# check: LOG_END == 6 && version == 6
//# check: _log_timestamp == _log_default_timestamp && _log_panic == own_panic
//# present: _log_acquire _log_release
//# absent: dead
//# compare: rust-lld
//# machine: arm -M mps2-an386
//# run: 0
    .syntax unified
    .thumb
    .section .vectors, "a"
    .long 0x20001000, Reset, Reset
    .section .text.Reset, "ax"
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    ldr r4, =used
    ldrh r0, [r4, #4]
    bl _log_acquire
    bl _log_timestamp
    bl _log_panic
    bl _log_release
    ldr r1, =ending
    movs r0, #0x20
    bkpt #0xab
    b.w .
    .section .text.own_panic, "ax"
    .globl own_panic, _log_panic
    .type own_panic, %function
    .thumb_func
own_panic: bx.n lr
    nop
    .set _log_panic, own_panic
    .section .text.dead, "ax"
    .thumb_func
dead:
    ldr r0, =user
    .section .rodata.used, "a"
    .p2align 2
    .globl used
used: .long info_one, info_two, error_one, prim_u8
ending: .long 0x20026, 0

    .macro entry section, name
    .section .log.\section\().\name, "R"
    .globl \name
    .type \name, %object
    .size \name, 1
\name: .byte 1
    .endm
    entry error error_one
    entry info info_one
    entry user user
    entry info info_two
    entry prim prim_u8
    .section .log.end, "R"
    .globl version
version: .byte 4
