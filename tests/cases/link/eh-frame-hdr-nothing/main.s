// A frame of no bytes describes no function (GCC leaves some of `__builtin_unreachable` behind), and is not in the
// search table: it would stand before that of the function at the same address, or hide it.
//# target: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl, riscv32imac-unknown-none-elf
//# args: -static --eh-frame-hdr
//# check: fde(start) == start && fde_size(start) == 16
//# check: u32(addr(.eh_frame_hdr) + 8) == 1
    .text
    .globl nothing
nothing:
    .cfi_startproc
    .cfi_def_cfa_offset 32
    .cfi_endproc
    .globl _start
_start:
start:
    .globl start
    .cfi_startproc
    .cfi_def_cfa_offset 16
    .space 16
    .cfi_endproc
