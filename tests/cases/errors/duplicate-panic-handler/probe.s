.section .text.probe,"ax"
.globl rust_begin_unwind, _defmt_acquire
rust_begin_unwind: b .
_defmt_acquire: bx lr
