.globl rom
rom: nop
