// --just-symbols: the addresses of a linked image, without its contents.
//# first: rom.x = rom.o -T rom.ld
//# args: main.o --just-symbols=rom.x -T link.x
//# shows: --just-symbols=rom.x
//# compare: rust-lld
//# check: u64(start) == 0x4008 && rom_function == 0x4008
//# absent: rom_local
//# differs: symbol rom_local - local names of the other image say nothing here
    .text
    .globl start
start: .quad rom_function
