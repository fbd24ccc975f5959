    .text
    .globl _defmt_acquire
_defmt_acquire: .long 1
    .section .defmt.c, "R"
    .globl timestamp
timestamp: .byte 0
