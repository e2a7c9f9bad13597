;; Asks for a version of our interface that does not exist.
(component (import "stepwell:task/logging@0.9.0" (instance (export "log" (func (param "message" string))))))
