;; Stacks that a guest switches between.
(type $f (func))
(type $c (cont $f))
(func (param (ref null $c)) (resume $c (local.get 0)))
(func (export "run") (result i32) (i32.const 0))
