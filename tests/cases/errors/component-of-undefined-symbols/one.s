.functype host () -> (i32)
.globl one
one:
    .functype one () -> (i32)
    call host
    end_function
