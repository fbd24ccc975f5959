// Pitfall: an (INFO) section as defmt has it: no memory, addresses from `. = 1`, kept by
// SHF_GNU_RETAIN, its symbols pulled in by EXTERN.
//# target: thumbv7m-none-eabi
//# args: main.o libdefmt.a -T link.x -T defmt.x --gc-sections
//# archive: libdefmt.a = logger.o
//# check: flags(.defmt) & 2 == 0 && size(.defmt) == 4 && addr(.defmt) == 0 && message == 1 && other == 2
//# check: timestamp == 3 && addr(.data) == 0x20000000 && u32(addr(.data)) == 1
//# present: _defmt_acquire
//# compare: rust-lld
    .text
    .globl start
start: .long message
    .section .data.x, "awR"
    .long message
    .section .defmt.a, "R"
    .globl message
    .type message, %object
    .size message, 1
message: .byte 0
    .section .defmt.b, "R"
    .globl other
    .type other, %object
    .size other, 1
other: .byte 0
