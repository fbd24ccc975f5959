.section .data.mine,"",@
.globl mine
.type mine,@object
.p2align 2
mine:
    .int32 3
    .size mine, 4
