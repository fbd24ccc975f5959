    .tagtype two i64, i32
    .weak two
two:
