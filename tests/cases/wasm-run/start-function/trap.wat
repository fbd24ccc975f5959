(module
  (func $begin (call $worse))
  (func $worse unreachable)
  (start $begin)
  (func (export "run")))
