.weak resize
resize:
    .functype resize (f64) -> ()
    end_function
