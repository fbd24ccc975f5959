.altmacro
.macro one n
.globl f\n
.type f\n, @function
f\n:
    mov $\n, %eax
    ret
.size f\n, . - f\n
.endm
.set i, 0
.rept 10000
    one %i
    .set i, i + 1
.endr
.section .note.GNU-stack,"",@progbits
