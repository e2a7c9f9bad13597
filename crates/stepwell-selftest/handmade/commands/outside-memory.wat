;; Reads what is not its own.
(memory 1)
(func (export "run") (result i32) (i32.load (i32.const -4)))
