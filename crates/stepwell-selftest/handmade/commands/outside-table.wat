;; Calls what is not in its table, and what is not there at all.
(table 1 funcref)
(type $f (func))
(func (export "run") (result i32) (call_indirect (type $f) (i32.const 99)) (i32.const 0))
