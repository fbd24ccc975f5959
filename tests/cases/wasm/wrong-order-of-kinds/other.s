    .section .data.thing,"",@
    .globl thing
    .type thing,@object
thing:
    .int32 1
    .size thing, 4
