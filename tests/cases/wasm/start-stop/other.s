    .section items,"R",@
    .type item,@object
    .p2align 2
item:
    .int32 3
    .size item, 4
