;; Exceptions.
(tag $t)
(func (throw $t))
(func (export "run") (result i32) (i32.const 0))
