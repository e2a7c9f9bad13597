;; Asks for something that nobody offers.
(component (import "evil:host/exec@1.0.0" (instance (export "exec" (func (param "command" string))))))
