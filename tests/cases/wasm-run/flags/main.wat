(module (func (export "start")))
