.text
.balign 4096
.space 0xff8
adrp x0, value
str x1, [x2]
ldr x0, [x0, :lo12:value]
.globl _start
_start: ret
.data
.balign 4096
value: .quad 1
