.weak resize
resize:
    .functype resize (i64) -> ()
    end_function
