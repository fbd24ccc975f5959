// -r: sections are joined by name, groups stay groups and one copy is enough, symbols that are not
// defined stay so, references to sections find their place in the joined one.
//# target: aarch64-unknown-none, thumbv7em-none-eabihf, riscv32imac-unknown-none-elf, x86_64-unknown-none
//# args: -r
//# compare: rust-lld
//# differs: section COMMON - lld leaves an empty shell of the common symbol's section
//# differs: section .riscv.attributes - the order of attributes
//# differs: section .ARM.attributes - lld takes those of the first object
//# check: size(.text) == 16 && size(.text.shared) == 4 && size(.data) == 16
//# present: shared start
    .file "main.c"
    .text
    .globl start
start:
    .long 0, missing, 0, shared
    .section .text.shared, "axG", %progbits, shared, comdat
    .weak shared
shared:
    .long start
    .section .rodata.of.shared, "aG", %progbits, shared, comdat
    .long shared
    .data
    .long 1
local:
    .long local, .Llabel
    .weak weak_missing
    .long weak_missing
    .section .rodata, "a"
.Llabel:
    .long 4
    .comm common, 8, 8
    .section about_shared, "ao", %progbits, .text.shared
    .long 7
    .section .init_array, "aw", %init_array
    .long start
    .bss
    .zero 8
    .section .debug_own, "", %progbits
    .long start, .Llabel
