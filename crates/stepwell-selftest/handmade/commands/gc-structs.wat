;; Objects that the engine would have to collect.
(type $s (struct (field i32)))
(func (drop (struct.new $s (i32.const 1))))
(func (export "run") (result i32) (i32.const 0))
