.globl _start
_start: .reloc ., R_ARM_GLOB_DAT, _start
.long 0
