// ESP32-C3: a tree of INCLUDEs whose root only names files; aliases of regions; the same RAM seen at
// two addresses, where each view skips what the other has taken; flash pages with room for a header;
// hundreds of ROM functions by PROVIDE of which few are used; flags W and X on code and data in RAM.
//# target: riscv32imc-unknown-none-elf
//# args: -T linkall.x --gc-sections --no-relax
//# differs: segments - zeros amid a LOAD would stand in the file: they get a LOAD of their own
//# check: entry == _start && addr(.app_desc) == 0x3c000020 && u32(addr(.app_desc)) == 0xabcd5432
//# check: addr(.trap) == 0x40380000 && _trap == 0x40380000 && align(.trap) == 256
//# check: addr(.rwtext) == 0x40380000 + size(.trap)
//# check: addr(.rwdata_dummy) == 0x3fc84000 && type(.rwdata_dummy) == 8
//# check: addr(.data) >= 0x3fc84000 + size(.trap) + size(.rwtext)
//# check: addr(.rotext_dummy) == 0x42000020
//# check: addr(.text) & 0xffff == 0x20 && addr(.text) > 0x42000020 + size(.rodata)
//# check: flags(.rwtext) == 7 && flags(.data) == 3 && type(.noinit) == 8 && log == addr(.noinit)
//# check: u32(rom_table) == 0x40000018 && u32(rom_table + 4) == 0x400001cc
//# check: u32(rom_table + 8) == 0x40000604 && u32(rom_table + 12) == own_print
//# check: ets_print == own_print
//# present: rom_fn_18 rom_fn_1cc
//# absent: rom_fn_20 rom_fn_600
//# check: u32(vectors) == handle && u32(vectors + 4) == Idle
//# check: _stack_bottom == addr(.stack) && _stack_top == 0x3fc80000 + 0x50000
//# check: addr(.metadata) == 0 && flags(.metadata) & 2 == 0
//# check: _rwtext_len == size(.trap) + size(.rwtext)
//# compare: rust-lld
    .section .init, "ax"
    .globl _start
_start:
    la sp, _stack_top
    la t0, vectors
    la t0, log
    call ram_function
    call main
    j .

    .section .trap, "ax"
    .p2align 8
    .globl _trap
_trap:
    mret

    .section .rwtext.ram_function, "awx"
    .globl ram_function
ram_function:
    la a0, counter
    ret

    .section .text.main, "ax"
    .globl main
main:
    la a0, rom_table
    call rom_fn_18
    lui a1, %hi(own)
    lw a1, %lo(own)(a1)
    ret
    .section .text.own_print, "ax"
    .globl own_print
own_print: ret
    .section .text.handle, "ax"
    .globl handle
handle: ret
    .section .text.Idle, "ax"
    .globl Idle
Idle: ret

    .section .flash.appdesc, "a"
    .long 0xabcd5432, 0, 0, 0
    .section .rodata.rom_table, "a"
    .p2align 4
    .globl rom_table
rom_table: .long rom_fn_18, rom_fn_1cc, rom_memcpy, ets_print
    .globl vectors
vectors: .long interrupt1, interrupt2
    .section .rodata.cst4, "aM", @progbits, 4
    .long 7
    .section .metadata, "", @progbits
    .ascii "metadata"

    .section .data.counter, "aw"
    .globl counter
counter: .long 1
own: .long 2
    .bss
    .space 32
    .section .noinit.log, "aw", @nobits
log:
    .space 32
