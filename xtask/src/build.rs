//! Building and testing the whole repository.

use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;
use std::process::Command;
use stepwell_testkit::guests::{Guests, TARGET, is_target_installed, repository};

const ALL: [Guests; 5] = [
    Guests::Plugins,
    Guests::Examples,
    Guests::Oracle,
    Guests::Tests,
    Guests::Hostile,
];

/// Builds the tasks, then a release of the program that carries them. Returns its path.
pub(crate) fn release() -> Result<PathBuf> {
    add_target()?;
    step("building the built-in tasks");
    let tasks = Guests::Plugins.build()?;
    let hostile = Guests::Hostile.build()?.join("hostile.wasm");
    Guests::Examples.build()?;
    step("building stepwell (Wasmtime takes some minutes the first time)");
    run(cargo()
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "stepwell-cli",
        ])
        .env("STEPWELL_BUILT_IN_TASKS", tasks)
        .env("STEPWELL_HOSTILE_GUEST", hostile))?;
    Ok(repository().join("target/release/stepwell"))
}

/// Builds everything and runs the example that checks this repository.
pub(crate) fn demo() -> Result<()> {
    let program = release()?;
    step("stepwell run examples/release-check/pipeline.toml");
    run(Command::new(program).args(["run", "examples/release-check/pipeline.toml"]))
}

/// Builds all guests.
pub(crate) fn guests() -> Result<()> {
    add_target()?;
    for guests in ALL {
        println!("{}", guests.build()?.display());
    }
    Ok(())
}

/// Runs all tests. Guests are built first, so that a missing target is told at once.
pub(crate) fn test() -> Result<()> {
    add_target()?;
    step("building guests");
    for guests in ALL {
        guests.build()?;
    }
    step("testing the tasks on the host");
    run(cargo()
        .args([
            "test",
            "--quiet",
            "--locked",
            "--manifest-path",
            "plugins/Cargo.toml",
        ])
        .args(["--target-dir", "target/plugins-host"]))?;
    step("testing stepwell");
    run(cargo().args(["test", "--workspace", "--locked"]))
}

/// Runs a benchmark of the sandbox, which has no program around it.
pub(crate) fn bench_of_the_sandbox(bench: &str, arguments: &[&str]) -> Result<()> {
    run(cargo()
        .args([
            "bench",
            "--quiet",
            "--locked",
            // Both, so that Wasmtime has the features of the release and is not built again.
            "--package",
            "stepwell-sandbox",
            "--package",
            "stepwell-cli",
        ])
        .args(["--bench", bench, "--"])
        .args(arguments))
}

/// Runs one test, which prints what it found, with these variables in its environment.
pub(crate) fn one_test(suite: &str, test: &str, variables: &[(&str, &str)]) -> Result<()> {
    add_target()?;
    run(cargo()
        .args(["test", "--quiet", "--workspace", "--locked"])
        .args(["--test", suite, "--", "--exact", test, "--nocapture"])
        .envs(variables.iter().copied()))
}

fn add_target() -> Result<()> {
    if is_target_installed()? {
        return Ok(());
    }
    step(&format!("rustup target add {TARGET}"));
    run(Command::new("rustup").args(["target", "add", TARGET]))
}

pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn step(what: &str) {
    eprintln!("── {what}");
}

pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command
        .current_dir(repository())
        .status()
        .with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}
