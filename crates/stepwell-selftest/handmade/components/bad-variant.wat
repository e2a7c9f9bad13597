;; Hands over a case that its type does not have.
(component
  (import "stepwell:task/outputs@0.1.0" (instance $outputs
    (type $of-error (variant (case "invalid-name" string) (case "read-only" string)
      (case "unmaskable" string) (case "too-large" string) (case "denied" string)))
    (export "output-error" (type $error (eq $of-error)))
    (type $of-field (variant (case "url") (case "data-parameter" string)
      (case "auth-parameter" string)))
    (export "endpoint-field" (type $field (eq $of-field)))
    (export "set-endpoint" (func (param "id" string) (param "field" $field)
      (param "value" string) (result (result (error $error)))))))
  (core module $memory (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $a (instantiate $memory))
  (core func $set-of (canon lower (func $outputs "set-endpoint") (memory $a "memory")
    (realloc (func $a "realloc"))))
  (core module $m
    (import "host" "set" (func $set (param i32 i32 i32 i32 i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (call $set (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 64))
      (i32.const 0)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "set" (func $set-of))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $entry)))
