// PT_RISCV_ATTRIBUTES in PHDRS; a section without memory may be in a segment that is not loaded.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# segments: LOAD r-x, ATTRIBUTES r--
//# check: size(.riscv.attributes) > 0
    .text
    .globl start
start: ret
