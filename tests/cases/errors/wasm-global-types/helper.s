    .globaltype level, i32
    .globl level
level:
