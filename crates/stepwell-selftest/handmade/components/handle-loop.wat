;; Makes resources of its own, for ever.
(component
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (core module $m
    (import "host" "new" (func $new (param i32) (result i32)))
    (func (export "run") (result i32) (loop (drop (call $new (i32.const 1))) (br 0)) (i32.const 0)))
  (core instance $i (instantiate $m (with "host" (instance (export "new" (func $new))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $entry)))
