;; References to functions of a type.
(type $f (func))
(func (param (ref $f)) (call_ref $f (local.get 0)))
(func (export "run") (result i32) (i32.const 0))
