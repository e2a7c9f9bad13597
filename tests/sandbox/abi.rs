//! Guests that speak to the host in ways that no compiler would.

use crate::handmade::{command_calling, component};
use crate::harness::{Ran, run_bytes};
use stepwell_event::{LimitKind, Outcome, TrapKind};

const LOG: &str = r#"(import "stepwell:task/logging@0.1.0" (instance $host
    (type $levels (enum "debug" "info" "warning" "error"))
    (export "level" (type $level (eq $levels)))
    (export "log" (func (param "level" $level) (param "message" string)))))"#;

const COMPLETE: &str = r#"(import "stepwell:task/logging@0.1.0" (instance $host
    (type $completions (enum "succeeded" "succeeded-with-issues" "failed"))
    (export "completion" (type $completion (eq $completions)))
    (export "complete" (func (param "outcome" $completion) (param "message" string)))))"#;

const ERROR: &str = r#"
    (type $errors (variant (case "invalid-name" string) (case "read-only" string)
        (case "unmaskable" string) (case "too-large" string) (case "denied" string)))
    (export "output-error" (type $error (eq $errors)))"#;

const TESTS: &str = r#"(import "stepwell:task/publishing@0.1.0" (instance $host
    (type $refusals (variant (case "invalid" string) (case "too-large" string)
        (case "denied" string)))
    (export "refusal" (type $refusal (eq $refusals)))
    (export "add-tag" (func (param "tag" string) (result (result (error $refusal)))))))"#;

fn set_output() -> String {
    format!(
        r#"(import "stepwell:task/outputs@0.1.0" (instance $host {ERROR}
            (export "set-output" (func (param "name" string) (param "value" string)
                (result (result (error $error)))))))"#
    )
}

fn set_variable() -> String {
    format!(
        r#"(import "stepwell:task/outputs@0.1.0" (instance $host {ERROR}
            (type $options (flags "secret" "read-only"))
            (export "variable-options" (type $option (eq $options)))
            (export "set-variable" (func (param "name" string) (param "value" string)
                (param "options" $option) (result (result (error $error)))))))"#
    )
}

/// One call of `log`, with these three numbers.
fn log(level: i64, pointer: i64, length: i64) -> Ran {
    let body =
        format!("(call $call (i32.const {level}) (i32.const {pointer}) (i32.const {length}))");
    run_bytes(command_calling(LOG, "log", "(param i32 i32 i32)", &body)).go()
}

fn is_refused(ran: &Ran) {
    match ran.outcome() {
        Outcome::Trapped {
            trap: TrapKind::HostRefused,
            ..
        } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(ran.events, []);
}

#[test]
fn a_text_has_to_be_in_memory_and_within_the_bytes_of_a_call() {
    log(1, 0, 10).succeeded();
    log(1, 0, 0).succeeded();
    for (pointer, length) in [
        (-1, 1),
        (-8, 16),
        (262_144, 1),
        (262_140, 5),
        (-1, -1),
        (0, 0x7fff_ffff),
    ] {
        is_refused(&log(1, pointer, length));
    }
}

#[test]
fn a_case_that_a_type_does_not_have_is_refused() {
    for level in [4, 255, 256, -1, 0x7fff_ffff] {
        is_refused(&log(level, 0, 1));
    }
    let complete = "(call $call (i32.const 3) (i32.const 0) (i32.const 0))";
    is_refused(
        &run_bytes(command_calling(
            COMPLETE,
            "complete",
            "(param i32 i32 i32)",
            complete,
        ))
        .go(),
    );
}

#[test]
fn flags_that_a_type_does_not_have_do_no_harm() {
    let body = "(call $call (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)
        (i32.const -1) (i32.const 2048))";
    let signature = "(param i32 i32 i32 i32 i32 i32)";
    let bytes = command_calling(&set_variable(), "set-variable", signature, body);
    let ran = run_bytes(bytes).go();
    let name = ran.outcome().name();
    assert!(["succeeded", "trapped"].contains(&name), "{name}");
}

#[test]
fn a_value_of_three_hundred_kibibytes_is_too_much_for_a_call() {
    let body = "(drop (memory.grow (i32.const 8)))
        (call $call (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 307200) (i32.const 2048))";
    let signature = "(param i32 i32 i32 i32 i32)";
    let bytes = command_calling(&set_output(), "set-output", signature, body);
    let ran = run_bytes(bytes).go();
    assert_eq!(
        ran.outcome(),
        &Outcome::LimitExceeded {
            limit: LimitKind::HostcallBytes,
            value: 256 << 10,
            used: (256 << 10) + 1
        }
    );
}

#[test]
fn a_result_outside_of_memory_is_refused() {
    let body = "(call $call (i32.const 0) (i32.const 1) (i32.const -4))";
    let bytes = command_calling(TESTS, "add-tag", "(param i32 i32 i32)", body);
    let ran = run_bytes(bytes).go();
    assert_eq!(ran.outcome().name(), "trapped");
}

/// A command whose `realloc`, called by the host, does `body` with an import `$call`.
fn realloc_calling(import: &str, function: &str, signature: &str, body: &str) -> Vec<u8> {
    component(&format!(
        r#"(component
            {import}
            (import "wasi:cli/environment@0.2.6" (instance $environment
                (export "get-environment" (func (result (list (tuple string string)))))))
            (core module $table
                (memory (export "memory") 1)
                (table (export "table") 1 funcref)
                (type $call {signature})
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    {body} (i32.const 1024)))
            (core instance $t (instantiate $table))
            (core func $host (canon lower (func $host "{function}")))
            (core func $get (canon lower (func $environment "get-environment")
                (memory $t "memory") (realloc (func $t "realloc"))))
            (core module $fill
                (import "t" "table" (table 1 funcref))
                (type $call {signature})
                (import "host" "call" (func $call (type $call)))
                (elem (i32.const 0) $call))
            (core instance (instantiate $fill
                (with "t" (instance $t))
                (with "host" (instance (export "call" (func $host))))))
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

#[test]
fn an_allocator_cannot_call_the_host() {
    let exit = r#"(import "wasi:cli/exit@0.2.6" (instance $host
        (export "exit" (func (param "status" (result))))))"#;
    let clock = r#"(import "wasi:clocks/monotonic-clock@0.2.6" (instance $host
        (export "now" (func (result u64)))))"#;
    for (import, function, signature, body) in [
        (
            exit,
            "exit",
            "(func (param i32))",
            "(call_indirect (type $call) (i32.const 0) (i32.const 0))",
        ),
        (
            clock,
            "now",
            "(func (result i64))",
            "(drop (call_indirect (type $call) (i32.const 0)))",
        ),
    ] {
        let bytes = realloc_calling(import, function, signature, body);
        let ran = run_bytes(bytes).env("A", "1").go();
        assert_eq!(
            ran.outcome().name(),
            "trapped",
            "{function}: {:?}",
            ran.outcome()
        );
    }
}

#[test]
fn nested_components_share_the_limit_of_handles() {
    let nested = |each: u32| {
        component(&format!(
            r#"(component
                (component $maker
                    (type $thing (resource (rep i32)))
                    (core func $new (canon resource.new $thing))
                    (core module $m
                        (import "host" "new" (func $new (param i32) (result i32)))
                        (func (export "make") (local $left i32)
                            (local.set $left (i32.const {each}))
                            (loop
                                (drop (call $new (i32.const 1)))
                                (br_if 0 (local.tee $left
                                    (i32.sub (local.get $left) (i32.const 1)))))))
                    (core instance $i (instantiate $m
                        (with "host" (instance (export "new" (func $new))))))
                    (func (export "make") (canon lift (core func $i "make"))))
                (instance $a (instantiate $maker))
                (instance $b (instantiate $maker))
                (component $main
                    (import "a" (func $a))
                    (import "b" (func $b))
                    (core func $a (canon lower (func $a)))
                    (core func $b (canon lower (func $b)))
                    (core module $m
                        (import "host" "a" (func $a))
                        (import "host" "b" (func $b))
                        (func (export "run") (result i32) (call $a) (call $b) (i32.const 0)))
                    (core instance $i (instantiate $m (with "host" (instance
                        (export "a" (func $a)) (export "b" (func $b))))))
                    (func (export "run") (result (result)) (canon lift (core func $i "run"))))
                (instance $main (instantiate $main
                    (with "a" (func $a "make")) (with "b" (func $b "make"))))
                (instance $entry (export "run" (func $main "run")))
                (export "wasi:cli/run@0.2.6" (instance $entry)))"#
        ))
    };
    let go = |each| run_bytes(nested(each)).limit(LimitKind::Handles, 100).go();
    go(50).succeeded();
    assert_eq!(
        go(51).outcome(),
        &Outcome::LimitExceeded {
            limit: LimitKind::Handles,
            value: 100,
            used: 101
        }
    );
}

#[test]
fn nothing_is_called_after_the_program_has_returned() {
    let bytes = component(&format!(
        r#"(component
            {LOG}
            (core module $memory (memory (export "memory") 1))
            (core instance $memory (instantiate $memory))
            (core func $log (canon lower (func $host "log") (memory $memory "memory")))
            (core module $m
                (import "host" "log" (func $log (param i32 i32 i32)))
                (func (export "run") (result i32) (i32.const 0))
                (func (export "after") (param i32)
                    (call $log (i32.const 1) (i32.const 0) (i32.const 1))))
            (core instance $i (instantiate $m
                (with "host" (instance (export "log" (func $log))))))
            (func $run (result (result))
                (canon lift (core func $i "run") (post-return (func $i "after"))))
            (instance $entry (export "run" (func $run)))
            (export "wasi:cli/run@0.2.6" (instance $entry)))"#
    ));
    let ran = run_bytes(bytes).go();
    assert_eq!(ran.outcome().name(), "trapped");
    assert_eq!(ran.events, []);
}
