;; Numbers of 128 bits.
(func (result i64 i64) (i64.mul_wide_s (i64.const 1) (i64.const 2)))
(func (export "run") (result i32) (i32.const 0))
