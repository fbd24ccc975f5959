.globl dev
dev: nop
