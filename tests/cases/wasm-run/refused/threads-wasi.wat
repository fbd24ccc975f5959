(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (import "env" "memory" (memory 1 2 shared)) (func (export "_start")))
