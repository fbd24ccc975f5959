    .globaltype h, i64
    .import_module h, m
    .import_name h, x

    .section .text.second,"",@
    .globl second
    .type second,@function
second:
    .functype second () -> (i64)
    global.get h
    end_function
