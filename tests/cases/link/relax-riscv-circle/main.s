// What relaxation takes out moves the target out of reach, and what it leaves moves it back: the call
// ends up long.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# check: size(.text) == 8 && far == 0x100000 + 0x100000 - 8
    .option relax
    .globl start
start:
    call far
    .section .far, "ax"
    .globl far
far:
    ret
