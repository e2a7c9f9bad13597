;; Never reaches `run`: the start function is part of the instantiation.
(func $loop (loop (br 0)))
(start $loop)
(func (export "run") (result i32) (i32.const 0))
