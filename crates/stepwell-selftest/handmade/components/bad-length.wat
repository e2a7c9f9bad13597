;; Hands over a text longer than all memory.
(component
  (import "stepwell:task/logging@0.1.0" (instance $logging
    (type $of-level (enum "debug" "info" "warning" "error"))
    (export "level" (type $level (eq $of-level)))
    (export "log" (func (param "level" $level) (param "message" string)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $a (instantiate $memory))
  (core func $log (canon lower (func $logging "log") (memory $a "memory")))
  (core module $m
    (import "host" "log" (func $log (param i32 i32 i32)))
    (func (export "run") (result i32) (call $log (i32.const 1) (i32.const 0) (i32.const -1)) (i32.const 0)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "log" (func $log))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $entry)))
