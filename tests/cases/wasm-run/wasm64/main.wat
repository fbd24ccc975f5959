(module
  (import "xsys" "print" (func $print (param i64 i64)))
  (import "xsys" "arg_len" (func $len (param i64) (result i64)))
  (import "xsys" "arg_copy" (func $copy (param i64 i64)))
  (memory (export "memory") i64 1)
  (func $main (export "main") (param i32 i64) (result i32)
    (call $copy (i64.const 0) (i64.const 64))
    (call $print (i64.const 64) (call $len (i64.const 0)))
    (i32.wrap_i64 (call $len (i64.const 0)))))
