.globl _start
_start:
    .reloc ., R_X86_64_COPY, _start
    .quad 0
