;; by hand
(module (func (export "f")))
