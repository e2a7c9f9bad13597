;; Hands over something that is neither there nor not there.
(component
  (import "stepwell:task/logging@0.1.0" (instance $logging
    (type $of-severity (enum "warning" "error"))
    (export "severity" (type $severity (eq $of-severity)))
    (type $of-issue (record (field "severity" $severity) (field "message" string)
      (field "path" (option string)) (field "line" (option u32)) (field "column" (option u32))
      (field "code" (option string))))
    (export "issue-record" (type $issue (eq $of-issue)))
    (export "issue" (func (param "issue" $issue)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $a (instantiate $memory))
  (core func $issue-of (canon lower (func $logging "issue") (memory $a "memory")))
  (core module $m
    (import "host" "issue" (func $issue
      (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (call $issue (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 9) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0))
      (i32.const 0)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "issue" (func $issue-of))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $entry)))
