// The sequences of TLS descriptors stay as they are where a dynamic linker fills the descriptors, whosever variable it
// is: the later instructions do not say.
//# target: riscv64gc-unknown-linux-gnu
//# first: libx.so = -shared lib.o -soname=libx.so
//# args: main.o libx.so --dynamic-linker=/lib/ld-linux-riscv64-lp64d.so.1
//# check: size(.rela.dyn) == 2 * 24
//# check: end - _start == 32
//# check: u32(_start) & 0xfff == 0x517 && u32(_start + 4) & 0xfffff == 0x53583
//# check: u32(_start + 8) & 0xfffff == 0x50513 && u32(_start + 12) == 0x582e7
//# check: u32(_start + 16) & 0xfff == 0x517 && u32(_start + 28) == 0x582e7
    .option norvc
    .globl _start
    .type _start, @function
_start:
.Ltheirs:
    auipc a0, %tlsdesc_hi(theirs)
    ld a1, %tlsdesc_load_lo(.Ltheirs)(a0)
    addi a0, a0, %tlsdesc_add_lo(.Ltheirs)
    jalr t0, 0(a1), %tlsdesc_call(.Ltheirs)
.Lours:
    auipc a0, %tlsdesc_hi(ours)
    ld a1, %tlsdesc_load_lo(.Lours)(a0)
    addi a0, a0, %tlsdesc_add_lo(.Lours)
    jalr t0, 0(a1), %tlsdesc_call(.Lours)
end:
    .section .tdata, "awT", @progbits
ours:
    .quad 2
