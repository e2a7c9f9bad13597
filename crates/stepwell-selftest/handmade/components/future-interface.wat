;; Asks for a version of our interface that does not exist.
(component (import "stepwell:task/logging@0.9.0" (instance (export "log" (func (param "message" string)))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $entry)))
