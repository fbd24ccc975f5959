(module
  (import "xsys" "print" (func $print (param i32 i32)))
  (type $unary (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (table 4 funcref)
  (elem (i32.const 1) $inner $binary)
  (func $inner (param i32) (result i32)
    local.get 0
    if (result i32) unreachable else i32.const 0 end)
  (func $binary (param i32 i32) (result i32) local.get 0)
  (func $outer (export "unreachable") (param i32) (result i32)
    (drop (call $inner (i32.const 0)))
    (call $inner (local.get 0)))
  (func $divide (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func $truncate (export "truncate") (param f64) (result i32)
    (i32.trunc_f64_s (local.get 0)))
  (func $load (export "load") (param i32) (result i32)
    (drop (call $inner (i32.const 0)))
    (i32.load (local.get 0)))
  (func $fill (export "fill") (param i32)
    (memory.fill (local.get 0) (i32.const 0) (i32.const 100)))
  (func $indirect (export "indirect") (param i32) (result i32)
    (call_indirect (type $unary) (i32.const 1) (local.get 0)))
  (func $forever (export "forever") (call $forever))
  (func $even (export "even") (call $odd))
  (func $odd (call $even))
  (func $tail (export "tail") (param i32) (result i32)
    local.get 0
    i32.eqz
    if (result i32)
      i32.const 1
      call $inner
    else
      local.get 0
      i32.const 1
      i32.sub
      return_call $tail
    end)
  (func $changed (export "changed") (result i32)
    (table.set (i32.const 0) (ref.func $binary))
    (call_indirect (type $unary) (i32.const 1) (i32.const 0)))
  (func $handle_alloc_error (export "out-of-memory") unreachable)
  (func $shout (export "print") (param i32)
    (call $print (local.get 0) (i32.const 10))))
