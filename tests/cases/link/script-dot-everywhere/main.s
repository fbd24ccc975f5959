// `.` before, between, inside and after sections; symbols in SECTIONS without any section; a location
// that goes backward between sections; `. = .`.
//# args: -T link.x
//# check: first == 0 && start_of_all == 0x1000 && addr(.text) == 0x1000 && end_of_text == 0x1008
//# check: addr(.low) == 0x800 && addr(.high) == 0x4000 && size(.high) == 0x20 && mid == 0x4010
//# check: end == 0x4020 && last == 0x4100
//# compare: rust-lld
//# lld-args: --no-check-sections
    .text
    .globl start
start: .quad 0
    .section .low, "a"
    .quad 1
    .section .high, "a"
    .quad 2
    .section .high2, "a"
    .quad 3
