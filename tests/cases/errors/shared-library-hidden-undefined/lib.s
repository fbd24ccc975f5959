.globl f
.hidden inside
f: jmp inside
