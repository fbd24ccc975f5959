    .text
    .globl second
second:
    adrp x1, .Lvalue
    ldr w0, [x1, :lo12:.Lvalue]
    adrp x1, pointer
    add x1, x1, :lo12:pointer
    ldr x1, [x1]
    ldr w1, [x1]
    add w0, w0, w1
    ret
    .data
    .quad 0
pointer: .quad .Llocal
.Lvalue: .long 20
    .section .rodata, "a"
    .long 0
.Llocal: .long 22
