.globl resize
resize:
    .functype resize (i32) -> ()
    end_function
