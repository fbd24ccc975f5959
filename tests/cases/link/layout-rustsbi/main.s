// Firmware of M-mode at the start of RAM with a kernel of S-mode behind it at 0x80200000, in one
// image: the way of the firmware's embedded payload. The kernel's trampoline has a page of its own
// that is mapped into every address space. Runs: the firmware enters the kernel, which calls back.
//# target: riscv64gc-unknown-none-elf
//# args: -T sbi.ld --gc-sections --no-relax
//# check: entry == 0x80000000 && sbi_start == entry && addr(.payload) == 0x80200000
//# check: trampoline % 4096 == 0 && etrampoline - trampoline == 4096 && etrampoline == ekernel_text
//# check: __global_pointer$ == addr(.data) + 0x800 && u64(jump) == 0x80200000
//# check: sheap % 4096 == 0 && eheap == sheap + 0x4000 && load(.data) == addr(.data)
//# compare: rust-lld
//# machine: riscv64 -M virt -bios none
//# run: 0
//# stdout: SM
    .option norelax
    .section .text.entry, "ax"
    .globl sbi_start
sbi_start:
    la sp, heap_end
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la t0, trap
    csrw mtvec, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x800
    csrs mstatus, t0
    la t0, jump
    ld t0, 0(t0)
    csrw mepc, t0
    mret
    .p2align 2
trap:
    li t0, 0x10000000
    li t1, 'M'
    sb t1, 0(t0)
    li t1, '\n'
    sb t1, 0(t0)
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b
    .section .rodata, "a"
    .p2align 3
    .globl jump
jump: .quad payload_start
    .section .data, "aw"
    .quad 5
    .section .bss.heap, "aw", @nobits
    .p2align 12
    .space 0x4000
heap_end:
    .section .payload.entry, "ax"
    .globl payload_start
payload_start:
    li t0, 0x10000000
    li t1, 'S'
    sb t1, 0(t0)
    tail trampoline
    .section .payload.trampoline, "ax"
    .p2align 2
    .globl trampoline
trampoline:
    ecall
