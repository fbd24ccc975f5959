.globl _start
_start:
    adrp x0, word
    ldr x1, [x0, :lo12:word]
    ret
.data
    .byte 1
word:
    .quad 2
