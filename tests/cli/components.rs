//! Tasks that cannot run: told before the run, with what to do, and without a trace.

use crate::{assert_refused, empty};
use std::fs;
use std::os::unix::fs::symlink;
use stepwell_testkit::TestEnv;

/// The first eight bytes of a core module, and of a component.
const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";
const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Refuses a pipeline with one task from `source`, which `prepare` may put there.
#[track_caller]
fn check(source: &str, prepare: impl Fn(&TestEnv), told: &[&str]) {
    let env = empty();
    prepare(&env);
    env.write(
        "pipeline.toml",
        format!("[tasks.lint]\nsource = {source:?}\n\n[[steps]]\ntask = \"lint\"\n"),
    );
    for command in ["check", "run"] {
        let output = env.stepwell(&[command]);
        assert_refused(&env, &output, 2, told);
        // Where it is used or declared is shown.
        assert!(
            output.stderr.contains("--> pipeline.toml:"),
            "{}",
            output.stderr
        );
    }
}

/// Refuses a component of these bytes.
#[track_caller]
fn check_bytes(bytes: &[u8], told: &[&str]) {
    check("lint.wasm", |env| drop(env.write("lint.wasm", bytes)), told);
}

fn truncated() -> Vec<u8> {
    let env = empty();
    env.add_guests(&["play"]);
    let mut bytes = fs::read(env.project().join("guests/play.wasm")).unwrap();
    bytes.truncate(bytes.len() / 2);
    bytes
}

#[test]
fn a_missing_component() {
    check(
        "lint.wasm",
        |_| {},
        &["there is no file `lint.wasm`", "build it first?"],
    );
}

#[test]
fn a_truncated_component() {
    check_bytes(
        &truncated(),
        &[
            "`lint.wasm` cannot run: ",
            "cut off at byte",
            "build or download it again",
        ],
    );
}

#[test]
fn an_empty_file() {
    check_bytes(b"", &["`lint.wasm` cannot run: "]);
}

#[test]
fn text_is_no_component() {
    check_bytes(b"#!/bin/sh\necho hello\n", &["`lint.wasm` cannot run: "]);
}

#[test]
fn a_component_in_text_form_is_not_compiled() {
    check_bytes(b"(component)", &["`lint.wasm` cannot run: "]);
}

#[test]
fn a_core_module_without_wasi() {
    check_bytes(EMPTY_MODULE, &["`lint.wasm` cannot run: "]);
}

#[test]
fn a_component_of_another_world() {
    check_bytes(EMPTY_COMPONENT, &["`lint.wasm` cannot run: "]);
}

#[test]
fn a_task_that_panics_when_asked_what_it_is() {
    let copy = |env: &TestEnv| env.add_guests(&["task_mute"]);
    check(
        "guests/task_mute.wasm",
        copy,
        &["`guests/task_mute.wasm` cannot run: "],
    );
}

#[test]
fn a_folder_is_no_component() {
    let make = |env: &TestEnv| fs::create_dir(env.project().join("lint.wasm")).unwrap();
    check(
        "lint.wasm",
        make,
        &["cannot read `lint.wasm`: it is a directory"],
    );
}

#[test]
fn an_absolute_path() {
    check(
        "/lint.wasm",
        |_| {},
        &["the path of a source is relative", "an absolute path"],
    );
}

#[test]
fn a_path_that_leaves_the_project() {
    let make = |env: &TestEnv| drop(env.write("../lint.wasm", EMPTY_COMPONENT));
    check(
        "../lint.wasm",
        make,
        &["`../lint.wasm` is outside of the project", "--project"],
    );
}

#[test]
fn a_link_that_leaves_the_project() {
    let make = |env: &TestEnv| {
        env.write("../lint.wasm", EMPTY_COMPONENT);
        symlink("../lint.wasm", env.project().join("link.wasm")).unwrap();
    };
    check(
        "link.wasm",
        make,
        &["`link.wasm` is outside of the project", "--project"],
    );
}

#[test]
fn a_device_is_no_component() {
    let make = |env: &TestEnv| symlink("/dev/zero", env.project().join("zero.wasm")).unwrap();
    check(
        "zero.wasm",
        make,
        &["`zero.wasm` is outside of the project"],
    );
}

#[test]
fn a_component_of_a_registry_is_for_later() {
    check(
        "oci://example.org/lint:1",
        |_| {},
        &["a source is a file", "not supported"],
    );
}
