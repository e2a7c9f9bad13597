;; Calls the host after it has returned.
(component
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock
    (export "now" (func (result u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (import "host" "now" (func $now (result i64)))
    (func (export "run") (result i32) (i32.const 0))
    (func (export "after") (param i32) (drop (call $now))))
  (core instance $i (instantiate $m (with "host" (instance (export "now" (func $now))))))
  (func $run (result (result))
    (canon lift (core func $i "run") (post-return (func $i "after"))))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $entry)))
