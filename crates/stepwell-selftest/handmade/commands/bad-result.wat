;; Returns a value that is no result.
(func (export "run") (result i32) (i32.const 9))
