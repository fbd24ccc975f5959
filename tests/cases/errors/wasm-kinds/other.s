    .globaltype level, i32
    .globl level
level:
    .section .data.table,"",@
    .globl table
table:
    .int32 1
    .size table, 4
