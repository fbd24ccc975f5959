.globl _start
_start:
    .quad 0
    .reloc 0x40, R_X86_64_64, _start
