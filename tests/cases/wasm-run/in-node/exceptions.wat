(module
  (import "xsys" "print" (func $print (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "caught 7\n")
  (tag $e (param i32))
  (func $throw i32.const 7 throw $e)
  (func (export "run") (result i32)
    try (result i32)
      call $throw
      i32.const 1
    catch $e
      i32.const 16
      i32.const 9
      call $print
    end))
