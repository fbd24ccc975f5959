    .section .data.thing,"",@
    .globl thing
    .type thing,@object
    .p2align 2
thing:
    .int32 3
    .size thing, 4
