//! Components written by hand, for what no Rust program compiles to.

/// The component that a text describes.
pub(crate) fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A command whose core module has these fields; its export `run` is what is run.
pub(crate) fn command(fields: &str) -> Vec<u8> {
    component(&format!(
        r#"(component
            (core module $m {fields})
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $entry (export "run" (func $run)))
            (export "wasi:cli/run@0.2.6" (instance $entry)))"#
    ))
}

/// A command that does nothing, with these fields beside.
pub(crate) fn idle_command(fields: &str) -> Vec<u8> {
    command(&format!(
        r#"{fields} (func (export "run") (result i32) (i32.const 0))"#
    ))
}

/// A component that holds a core module with these fields and nothing else.
pub(crate) fn with_module(fields: &str) -> Vec<u8> {
    component(&format!("(component (core module {fields}))"))
}

/// A command whose `realloc` does `body`, called by the host to hand over the environment.
pub(crate) fn command_with_realloc(body: &str) -> Vec<u8> {
    component(&format!(
        r#"(component
            (import "wasi:cli/environment@0.2.6" (instance $environment
                (export "get-environment" (func (result (list (tuple string string)))))))
            (core module $allocator
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) {body}))
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
            (export "wasi:cli/run@0.2.6" (instance $entry)))"#
    ))
}

/// A core module with the imports and exports of a WASI preview 1 command, which prints a line.
pub(crate) fn preview1_command() -> Vec<u8> {
    component(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write"
                (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\0d\00\00\00from long ago")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))"#,
    )
}

/// A command that imports `function` of the instance `$host`, declared by `import`, and does `body`
/// with it as `$call`, whose core type is `signature`.
pub(crate) fn command_calling(
    import: &str,
    function: &str,
    signature: &str,
    body: &str,
) -> Vec<u8> {
    component(&format!(
        r#"(component
            {import}
            (core module $memory
                (memory (export "memory") 4)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
            (core instance $memory (instantiate $memory))
            (core func $call (canon lower (func $host "{function}")
                (memory $memory "memory") (realloc (func $memory "realloc"))))
            (core module $m
                (import "memory" "memory" (memory 4))
                (import "host" "call" (func $call {signature}))
                (func (export "run") (result i32) {body} (i32.const 0)))
            (core instance $i (instantiate $m
                (with "memory" (instance $memory))
                (with "host" (instance (export "call" (func $call))))))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $entry (export "run" (func $run)))
            (export "wasi:cli/run@0.2.6" (instance $entry)))"#
    ))
}

/// A command that traps in a function of this name.
pub(crate) fn with_name(name: &str) -> Vec<u8> {
    command(&format!(
        r#"(func $trap (@name "{name}") unreachable)
        (func (export "run") (result i32) (call $trap) (i32.const 0))"#
    ))
}
