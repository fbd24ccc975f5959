// Every relocation of MSP430 that LLVM writes; addresses have 16 bits and wrap.
//# target: msp430-none-elf
//# args: -T link.x
//# compare: rust-lld
//# check: entry == 0xc000 && u16(start) == 0x3fff && u16(words) == 0x200 && u32(words + 2) == far
//# check: u8(words + 6) == 0x42 && u16(0xfffe) == start
    .section .text.start, "ax"
    .globl start
start:
    jmp start
    jne next
    call #far
    mov.b &value, r5
    mov #value, &value
    mov near, next
near:
next:
    br #far
    .section .text.far, "ax"
    .globl far
far:
    ret
    .section .data.words, "aw"
    .globl words
words:
    .word value
    .long far
    .byte number
    .section .bss.value, "aw", @nobits
    .globl value
value:
    .zero 2
    .section .vectors, "a"
    .word start
