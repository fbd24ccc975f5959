.section .vectors,"a"
.long _estack, Reset
.text
.globl Reset
Reset: nop
