// Loads from the GOT, calls and jumps through it that became direct have the relocations of what stands there, as with GNU ld.
//# target: x86_64-unknown-none
//# rustc: -Zrelax-elf-relocations=yes
//# args: -T link.x --emit-relocs
//# bytes: .rela.text = 03 10 00 00 00 00 00 00 02 00 00 00 05 00 00 00 fc ff ff ff ff ff ff ff 09 10 00 00 00 00 00 00 02 00 00 00 06 00 00 00 fc ff ff ff ff ff ff ff 0e 10 00 00 00 00 00 00 02 00 00 00 06 00 00 00 fc ff ff ff ff ff ff ff
//# check: u8(start + 1) == 0x8d && u8(start + 8) == 0xe8 && u8(start + 13) == 0xe9
    .globl start, data, f
start:
    movq data@GOTPCREL(%rip), %rax
    call *f@GOTPCREL(%rip)
    jmp *f@GOTPCREL(%rip)
f:  ret
    .data
data: .quad 0
