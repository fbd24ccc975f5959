.globl _start
_start: nop
.irp name, kept.a, kept.b, saved.a, saved.b, saved.c
.section .\name,"aw"
.long 1
.endr
