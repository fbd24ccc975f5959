(module (func (export "run") (call 1)) (func (nop)) (func (call 1)) (memory 1) (data (i32.const 0) "abc"))
