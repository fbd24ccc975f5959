(module
  (global $g (mut i32) (i32.const 1))
  (func $begin (global.set $g (i32.add (global.get $g) (i32.const 40))))
  (start $begin)
  (func (export "_initialize") (global.set $g (i32.add (global.get $g) (i32.const 1))))
  (func (export "run") (result i32) (global.get $g)))
