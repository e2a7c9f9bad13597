;; Asks for a page that it will not get, for ever: every question goes to the host.
(memory 1 2)
(func (export "run") (result i32)
  (loop (drop (memory.grow (i32.const 1))) (br 0))
  (i32.const 0))
