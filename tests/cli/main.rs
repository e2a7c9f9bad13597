//! The program as people and scripts meet it: arguments, output, exit codes, signals, and what it
//! leaves behind.

#![cfg(test)]

mod all_at_once;
mod bisect;
mod bisect_by_hand;
mod bounds;
mod cancel;
mod check;
mod components;
mod configuration;
mod coredump;
mod crash;
mod deliveries;
mod disk;
mod eval;
mod exit_codes;
mod help;
mod import;
mod isolation;
mod journal;
mod judgements;
mod network;
mod parameters;
mod pipeline_files;
mod plan;
mod replay;
mod run;
mod second_thoughts;
mod secrets;
mod selftest;
mod several_culprits;
mod task;
mod timeouts;
mod watch;
mod workers;

use stepwell_testkit::{Output, TestEnv};

/// An empty project.
fn empty() -> TestEnv {
    TestEnv::new(env!("CARGO_BIN_EXE_stepwell"))
}

/// A project with a pipeline of the guest `play`, which acts out its arguments.
fn project(steps: &str) -> TestEnv {
    let env = empty();
    env.add_guests(&["play"]);
    env.write("pipeline.toml", pipeline(steps));
    env
}

/// The text of a pipeline whose task `play` may write to the workspace. Its runs all have the same
/// number, since the one by default tells the day.
fn pipeline(steps: &str) -> String {
    let play = "[tasks.play]\nsource = \"guests/play.wasm\"\nallow = { workspace = \"write\" }";
    format!("name = \"test\"\nrun-number = \"7\"\n\n{play}\n\n{steps}\n")
}

/// A step of `play` at the top of a pipeline.
fn step(more: &str, args: &[&str]) -> String {
    // An array of strings in JSON is one in TOML.
    let args = serde_json::to_string(args).unwrap();
    format!("[[steps]]\ntask = \"play\"\nargs = {args}\n{more}\n")
}

/// What the input of a refused command looks like: it is told once, in words, and nothing remains.
#[track_caller]
fn assert_refused(env: &TestEnv, output: &Output, code: i32, told: &[&str]) {
    let said = env.redact(&output.stderr);
    assert_eq!(output.code, code, "{said}");
    assert_eq!(output.stdout, "");
    for words in told {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert!(
        !env.files().iter().any(|file| file.starts_with(".stepwell")),
        "{:?}",
        env.files()
    );
}
