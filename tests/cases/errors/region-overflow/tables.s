.section .rodata.sine,"a"
.globl SINE
.type SINE, %object
SINE: .space 3000
.size SINE, 3000
.section .rodata.font,"a"
.globl FONT
.type FONT, %object
FONT: .space 1500
.size FONT, 1500
.section .rodata.small,"a"
.space 10
.section .bss.buffer,"aw",%nobits
.globl BUFFER
.type BUFFER, %object
BUFFER: .space 1025
.size BUFFER, 1025
