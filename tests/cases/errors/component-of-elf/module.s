.globl one
one:
    .functype one () -> (i32)
    i32.const 1
    end_function
