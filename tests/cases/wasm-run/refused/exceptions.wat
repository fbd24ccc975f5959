(module (tag (param i32)) (func (export "_start")))
