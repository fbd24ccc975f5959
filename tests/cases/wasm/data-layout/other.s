    .section .data.c,"",@
    .globl c
    .type c,@object
    .p2align 3
c:
    .int32 3
    .size c, 4
    .section .rodata.d2,"",@
    .globl d2
    .type d2,@object
    .p2align 2
d2:
    .int32 3
    .size d2, 4
    .section .bss.e2,"",@
    .globl e2
    .type e2,@object
    .p2align 0
e2:
    .skip 5
    .size e2, 5
    .section own_section,"",@
    .globl own
    .type own,@object
    .p2align 2
own:
    .int32 3
    .size own, 4
