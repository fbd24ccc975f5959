(module (import "wbg" "now" (func (result f64))) (memory 1 2 shared) (func (export "_start")))
