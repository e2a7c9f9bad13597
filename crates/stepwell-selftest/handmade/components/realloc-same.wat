;; Gives the same place twice.
(component
  (import "wasi:cli/environment@0.2.6" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))))
  (core module $allocator
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $a (instantiate $allocator))
  (core func $get (canon lower (func $environment "get-environment")
    (memory $a "memory") (realloc (func $a "realloc"))))
  (core module $m
    (import "host" "get" (func $get (param i32)))
    (func (export "run") (result i32) (call $get (i32.const 64)) (i32.const 0)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "get" (func $get))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $entry)))
