// Differences in variable-length numbers keep their length, whatever the value becomes.
//# target: riscv64gc-unknown-none-elf
//# args: -T link.x --no-relax
//# compare: rust-lld
//# check: u8(table) == end - start && u8(table + 1) == 0x80 + end - start && u8(table + 2) == 0
    .option relax
    .globl start
start:
    call helper
    .balign 8
end:
    .globl helper
helper:
    ret
    .section .rodata, "a"
    .globl table
table:
    .uleb128 end - start
    .reloc ., R_RISCV_SET_ULEB128, end
    .reloc ., R_RISCV_SUB_ULEB128, start
    .byte 0x80, 0
