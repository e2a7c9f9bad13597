;; Traps before `run` is reached.
(func $trap unreachable)
(start $trap)
(func (export "run") (result i32) (i32.const 0))
