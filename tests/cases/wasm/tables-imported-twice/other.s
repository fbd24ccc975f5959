    .tabletype two, funcref
    .import_module two, m
    .import_name two, x

    .section .text.second,"",@
    .globl second
    .type second,@function
second:
    .functype second () -> (i32)
    table.size two
    end_function
