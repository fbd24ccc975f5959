.globl _start
_start: j _start
.data
.word 1, 2
