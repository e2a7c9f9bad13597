;; Each is within the limit, both together are not.
(table 60000 funcref)
(table 60000 funcref)
(func (export "run") (result i32) (i32.const 0))
