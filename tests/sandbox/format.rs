//! What can be loaded, and what is said of the rest.

use crate::handmade::{
    command, command_with_realloc, component, idle_command, preview1_command, with_module,
};
use crate::harness::{guest, run, run_bytes, task, try_code};
use stepwell_event::{Outcome, TrapKind};
use stepwell_sandbox::{Compiler as _, InThisProcess, LoadError, LoadErrorKind, Metering};

fn refused(bytes: &[u8]) -> LoadError {
    match try_code(bytes, Metering::Off) {
        Ok(_) => panic!("it was loaded"),
        Err(error) => error,
    }
}

fn check(bytes: &[u8], kind: LoadErrorKind, says: &str) {
    let error = refused(bytes);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn a_preview_1_command_is_adapted_and_runs() {
    let ran = run_bytes(preview1_command()).go();
    assert_eq!(ran.succeeded(), "from long ago");
}

#[test]
fn files_that_are_no_component_are_named() {
    check(b"", LoadErrorKind::NotWasm, "empty");
    check(b"\x7fELF\x02\x01\x01", LoadErrorKind::NotWasm, "ELF");
    check(b"(component)", LoadErrorKind::NotWasm, "text");
    check(b"#!/bin/sh\n", LoadErrorKind::NotWasm, "script");
    check(
        &component("(module)"),
        LoadErrorKind::CoreModule,
        "does not use WASI",
    );
    check(
        &component(r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))"#),
        LoadErrorKind::CoreModule,
        "without an entry point",
    );
    check(
        &component(
            r#"(module (import "wasi_snapshot_preview1" "sock_dance" (func)) (func (export "_start")))"#,
        ),
        LoadErrorKind::CoreModule,
        "cannot be adapted",
    );
}

#[test]
fn a_file_that_ends_early_is_told_so() {
    let small = idle_command("(memory 1)");
    let large = guest("env_print");
    for (whole, step) in [(small, 1), (large, 397)] {
        let mut loaded = Vec::new();
        for length in (4..whole.len()).step_by(step) {
            // Cut between two sections, a component is whole: it lacks its entry, or its names.
            match InThisProcess.compile(&whole[..length], Metering::Off) {
                Ok(_) => loaded.push(length),
                Err(error) => assert!(
                    matches!(
                        error.kind(),
                        LoadErrorKind::Truncated | LoadErrorKind::MissingExport
                    ),
                    "{length}: {error}"
                ),
            }
        }
        assert!(loaded.len() <= 2, "{loaded:?} of {}", whole.len());
    }
}

#[test]
fn an_unknown_import_is_named() {
    let text = r#"(component
        (import "foo:bar/baz" (instance (export "f" (func))))
        (import "wasi:keyvalue/store@0.2.0" (instance))
        (import "stepwell:task/inputs@0.2.0" (instance))
        (core module $m (func (export "run") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $entry (export "run" (func $run)))
        (export "wasi:cli/run@0.2.6" (instance $entry)))"#;
    let error = refused(&component(text));
    assert_eq!(error.kind(), LoadErrorKind::UnknownImport);
    assert_eq!(
        error.to_string(),
        "imports `foo:bar/baz`, `wasi:keyvalue/store@0.2.0`, `stepwell:task/inputs@0.2.0`, which \
         Stepwell does not offer"
    );
}

#[test]
fn an_import_of_another_type_is_named() {
    let text = r#"(component
        (import "wasi:cli/environment@0.2.6" (instance
            (export "get-environment" (func (result string)))))
        (core module $m (func (export "run") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $entry (export "run" (func $run)))
        (export "wasi:cli/run@0.2.6" (instance $entry)))"#;
    check(
        &component(text),
        LoadErrorKind::WrongType,
        "get-environment",
    );
}

#[test]
fn a_component_without_an_entry_is_refused() {
    check(
        &component("(component)"),
        LoadErrorKind::MissingExport,
        "exports neither",
    );
    let other_world = r#"(component
        (core module $m (func (export "handle")))
        (core instance $i (instantiate $m))
        (func (export "handle") (canon lift (core func $i "handle"))))"#;
    check(
        &component(other_world),
        LoadErrorKind::MissingExport,
        "exports neither",
    );
}

#[test]
fn an_entry_of_another_type_is_refused() {
    let task = r#"(component
        (core module $m (func (export "run")))
        (core instance $i (instantiate $m))
        (func (export "run") (canon lift (core func $i "run"))))"#;
    check(
        &component(task),
        LoadErrorKind::WrongType,
        "`run` is `func()` instead of",
    );
    let command = r#"(component
        (core module $m (func (export "run")))
        (core instance $i (instantiate $m))
        (func $run (canon lift (core func $i "run")))
        (instance $entry (export "run" (func $run)))
        (export "wasi:cli/run@0.2.6" (instance $entry)))"#;
    check(
        &component(command),
        LoadErrorKind::WrongType,
        "`wasi:cli/run` is `func()` instead of `func() -> result`",
    );
}

#[test]
fn more_exports_than_needed_are_fine() {
    let text = r#"(component
        (core module $m
            (func (export "run") (result i32) (i32.const 0))
            (func (export "more") (result i32) (i32.const 1)))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $entry (export "run" (func $run)))
        (export "wasi:cli/run@0.2.6" (instance $entry))
        (func (export "more") (result u32) (canon lift (core func $i "more"))))"#;
    run_bytes(component(text)).go().succeeded();
}

#[test]
fn proposals_that_are_off_are_refused() {
    for (proposal, fields) in [
        ("garbage collection", "(type (struct (field i32)))"),
        (
            "function references",
            "(type $f (func)) (func (param (ref $f)))",
        ),
        ("exceptions", "(tag)"),
        ("shared memory", "(memory 1 1 shared)"),
        (
            "atomics",
            "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        ),
        ("64-bit memory", "(memory i64 1)"),
        ("64-bit tables", "(table i64 1 funcref)"),
        ("stack switching", "(type $f (func)) (type (cont $f))"),
        ("page sizes", "(memory 1 (pagesize 1))"),
        (
            "wide arithmetic",
            "(func (param i64 i64 i64 i64) (result i64 i64)
                (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
        ),
    ] {
        let error = refused(&with_module(fields));
        assert_eq!(
            error.kind(),
            LoadErrorKind::Malformed,
            "{proposal}: {error}"
        );
        assert!(error.hint().unwrap().contains("switches off"), "{proposal}");
    }
    let asynchronous = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func async (canon lift (core func $i "f") async)))"#;
    let error = wat::parse_str(asynchronous).map(|bytes| refused(&bytes).kind());
    assert_eq!(error.unwrap(), LoadErrorKind::Malformed);
}

#[test]
fn components_of_too_many_parts_are_refused() {
    let instances = "(core instance (instantiate $m))".repeat(1000);
    let text = format!("(component (core module $m) {instances})");
    check(&component(&text), LoadErrorKind::TooComplex, "instances");
    check(
        &with_module(&"(memory 1)".repeat(9)),
        LoadErrorKind::TooComplex,
        "memories",
    );
    check(
        &with_module(&"(table 1 funcref)".repeat(33)),
        LoadErrorKind::TooComplex,
        "tables",
    );
    let nested = "(component ".repeat(20) + &")".repeat(20);
    check(&component(&nested), LoadErrorKind::TooComplex, "nested");
    let functions = with_module(&"(func)".repeat(100_001));
    check(&functions, LoadErrorKind::TooComplex, "functions");
}

#[test]
fn functions_that_would_take_minutes_to_compile_are_refused() {
    let blocks = "(block ".repeat(600) + &")".repeat(600);
    check(
        &with_module(&format!("(func {blocks})")),
        LoadErrorKind::TooComplex,
        "blocks",
    );
    let locals = "(local i32)".repeat(10_001);
    check(
        &with_module(&format!("(func {locals})")),
        LoadErrorKind::TooComplex,
        "locals",
    );
    // Neither number is large, but Cranelift carries every local through every loop.
    let locals = "(local i32)".repeat(2000);
    let mut body = "(loop ".repeat(500);
    for local in 0..2000 {
        body += &format!("(local.set {local} (i32.add (local.get {local}) (i32.const 1)))");
    }
    body += &"(br_if 0 (local.get 0)))".repeat(500);
    let bomb = with_module(&format!("(func {locals} {body})"));
    check(&bomb, LoadErrorKind::TooComplex, "locals");
}

#[test]
fn a_trap_before_the_program_begins_is_a_trap() {
    let ran = run_bytes(idle_command("(func $start unreachable) (start $start)")).go();
    let Outcome::Trapped {
        trap: TrapKind::Unreachable,
        ..
    } = ran.outcome()
    else {
        panic!("{:?}", ran.outcome());
    };
}

#[test]
fn a_component_entered_the_wrong_way_is_unusable() {
    for step in [run("env_print"), task("task-noop")] {
        let ran = step.entered_wrongly().go();
        assert_eq!(ran.outcome().name(), "unusable");
    }
}

#[test]
fn guests_that_break_the_rules_of_a_call_are_stopped() {
    let workspace = tempfile::tempdir().unwrap();
    for step in [
        run("abi_bad_pointer").read_only(workspace.path()),
        run("abi_bad_text").read_only(workspace.path()),
        run("abi_forged_handle").args(["0"]),
        run("abi_forged_handle").args(["1000"]),
        run("abi_forged_handle").args([u32::MAX]),
        run("abi_forged_handle").args(["dropped"]),
        run("abi_orphan"),
        run_bytes(command_with_realloc("(i32.const -8)")).env("A", "1"),
        run_bytes(command_with_realloc("(i32.const 3)")).env("A", "1"),
        run_bytes(command(
            r#"(func (export "run") (result i32) (i32.const -1))"#,
        )),
    ] {
        let ran = step.go();
        let Outcome::Trapped {
            trap: TrapKind::HostRefused,
            ..
        } = ran.outcome()
        else {
            panic!("{:?}", ran.outcome());
        };
        assert_eq!(ran.events, []);
    }
}
