(module (import "env" "_ZN4mine4gone17h0123456789abcdefE" (func (param i32))) (import "wasi:cli/exit@0.2.0" "exit" (func (param i32))) (func (export "_start")))
