//! The examples do what their READMEs say, in this repository itself.

#![cfg(test)]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use stepwell_event::{Envelope, LineKind, RunEvent, StepRecord, StepResult};
use stepwell_testkit::guests::{Guests, repository};
use stepwell_testkit::{Output, Signal, TestEnv};

/// One run at a time: they share the folder that they write to, and memory is compared.
static REPOSITORY: Mutex<()> = Mutex::new(());

fn example(name: &str) -> (Output, MutexGuard<'static, ()>) {
    example_with(name, &[])
}

fn example_with(name: &str, more: &[&str]) -> (Output, MutexGuard<'static, ()>) {
    let (env, guard) = repository_env();
    let file = format!("examples/{name}/pipeline.toml");
    let arguments = [&["run", &file, "--output", "json"], more].concat();
    let output = env.stepwell(&arguments);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    (output, guard)
}

/// This repository as a project, for one test at a time.
fn repository_env() -> (TestEnv, MutexGuard<'static, ()>) {
    let guard = REPOSITORY.lock().unwrap_or_else(PoisonError::into_inner);
    Guests::Examples.build().unwrap();
    let env = TestEnv::of_project(env!("CARGO_BIN_EXE_stepwell"), repository());
    (env, guard)
}

/// The events of a run.
fn events(output: &Output) -> Vec<RunEvent> {
    let parse = |line| serde_json::from_str::<Envelope>(line).unwrap().event;
    output.stdout.lines().map(parse).collect()
}

/// The records of the steps by what they are called.
fn records(output: &Output) -> HashMap<String, StepRecord> {
    let events = events(output);
    let Some(RunEvent::RunStarted { jobs, .. }) = events.first() else {
        panic!("{}{}", output.stdout, output.stderr);
    };
    let finished = events.iter().filter_map(|event| match event {
        RunEvent::StepFinished { job, step, record } => {
            let job = jobs.iter().find(|summary| summary.name == *job).unwrap();
            let label = job.steps[*step as usize].label.clone();
            Some((label, StepRecord::clone(record)))
        }
        _ => None,
    });
    finished.collect()
}

#[test]
fn hello_says_hello() {
    let (output, _guard) = example("hello");
    assert_eq!(output.code, 0, "{}", output.stdout);
    let said: Vec<String> = events(&output)
        .into_iter()
        .filter_map(|event| match event {
            RunEvent::Line {
                text,
                source: LineKind::Info,
                ..
            } => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(said, ["Hello, world", "Again: Hello, world"]);
}

#[test]
fn every_attempt_of_a_hostile_task_is_a_failed_step_with_its_reason() {
    let (output, _guard) = example("hostile");
    assert_eq!(output.code, 1, "{}", output.stdout);
    let records = records(&output);
    let expect = [
        (
            "environment",
            "refused: the host's environment is not there",
        ),
        ("passwords", "refused: reading /etc/passwd: "),
        ("socket", "refused: connecting: "),
        ("link", "refused: reading examples/hostile/way-out: "),
        ("write", "refused: writing a file: "),
        ("memory", "memory: "),
        ("loop", "timed out after 1 s"),
    ];
    for (step, why) in expect {
        let record = &records[step];
        assert_eq!(record.result, StepResult::Failed, "{step}");
        let reason = record.reason.as_deref().unwrap_or_default();
        assert!(reason.starts_with(why), "{step}: {reason}");
    }
    assert_eq!(records.len(), expect.len());
    assert!(!repository().join("planted").exists());
}

#[test]
fn a_hostile_task_does_not_cost_the_host_its_memory() {
    let (hello, guard) = example("hello");
    drop(guard);
    let (hostile, _guard) = example("hostile");
    let more = hostile.peak_memory.saturating_sub(hello.peak_memory);
    assert!(
        more < 64 << 20,
        "{} KiB more than {} KiB",
        more >> 10,
        hello.peak_memory >> 10
    );
}

/// What the example leaves in the repository's own `target`.
fn released() -> PathBuf {
    repository().join("target/release-check")
}

#[test]
fn the_release_check_succeeds_and_gives_the_same_archive_again() {
    let archive = released().join("stepwell-source.tar.gz");
    let (first, guard) = example("release-check");
    assert_all_succeeded(&first);
    let bytes = fs::read(&archive).unwrap();
    let check = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(released())
        .output()
        .unwrap();
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stdout)
    );
    drop(guard);

    let (second, _guard) = example("release-check");
    assert_all_succeeded(&second);
    assert!(fs::read(&archive).unwrap() == bytes, "the archives differ");
}

#[track_caller]
fn assert_all_succeeded(output: &Output) {
    for (step, record) in records(output) {
        assert_eq!(
            record.result,
            StepResult::Succeeded,
            "{step}: {:?}",
            record.reason
        );
    }
    assert_eq!((output.code, records(output).len()), (0, 5));
}

/// The results of jobs and stages by their names.
fn results(output: &Output) -> HashMap<String, StepResult> {
    let ended = events(output).into_iter().filter_map(|event| match event {
        RunEvent::JobFinished { job, result, .. } => Some((job.to_string(), result)),
        RunEvent::StageFinished { stage, result, .. } => Some((stage.to_string(), result)),
        _ => None,
    });
    ended.collect()
}

/// What steps said, each line with the label of its step.
fn said(output: &Output) -> Vec<String> {
    let lines = events(output).into_iter().filter_map(|event| match event {
        RunEvent::Line {
            text,
            source: LineKind::Info,
            ..
        } => Some(text),
        _ => None,
    });
    lines.collect()
}

#[test]
fn a_delivery_of_a_nightly_is_not_announced() {
    let (output, _guard) = example("delivery");
    assert_eq!(output.code, 0, "{}", output.stdout);
    let results = results(&output);
    for (name, expect) in [
        ("verify", StepResult::Succeeded),
        ("verify.inspect", StepResult::Succeeded),
        ("verify.soak", StepResult::Succeeded),
        ("package.source.crates", StepResult::Succeeded),
        ("package.source.plugins", StepResult::Succeeded),
        ("package.sums", StepResult::Succeeded),
        ("release", StepResult::Skipped),
        ("release.announce", StepResult::Skipped),
    ] {
        assert_eq!(results.get(name), Some(&expect), "{name}");
    }
    let said = said(&output);
    for line in [
        "made target/delivery/crates.tar.gz",
        "made target/delivery/plugins.tar.gz",
        "cleaned up; the job is Succeeded",
    ] {
        assert!(said.iter().any(|known| known == line), "{line}: {said:?}");
    }
}

#[test]
fn a_delivery_of_a_stable_version_is_announced_with_what_other_stages_found_out() {
    let (output, _guard) = example_with("delivery", &["--param", "channel=stable"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    let said = said(&output);
    let last = said.last().unwrap();
    assert!(last.starts_with("stable 0.1."), "{last}");
    assert!(last.ends_with(" is out, with 2 archives"), "{last}");
}

#[test]
fn a_delivery_that_is_canceled_is_cleaned_up() {
    let (env, _guard) = repository_env();
    let file = "examples/delivery/pipeline.toml";
    let mut run = env.start(&["run", file, "--output", "json", "--param", "soak=600"]);
    run.wait_for("watching for 600 s");
    run.signal(Signal::INT);
    let output = run.end();
    assert_eq!(output.code, 130, "{}", output.stdout);
    let records = records(&output);
    assert_eq!(records["soak"].result, StepResult::Canceled);
    assert_eq!(records["clean up"].result, StepResult::Succeeded);
    assert!(
        said(&output).contains(&"cleaned up; the job is Canceled".to_owned()),
        "{}",
        output.stdout
    );
}

#[test]
fn the_plan_of_a_delivery_says_what_is_skipped_and_why() {
    let (env, _guard) = repository_env();
    let output = env.stepwell(&["plan", "examples/delivery/pipeline.toml"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    for line in [
        "stage release",
        "skipped: condition `and(succeeded(), eq('nightly', 'stable'))` of the stage is false",
        "archive         ",
        "workspace: write",
        "check with secret-scan",
    ] {
        assert!(output.stdout.contains(line), "{line}\n{}", output.stdout);
    }
}

#[test]
fn an_oracle_of_one_s_own_finds_the_change_that_made_the_bundle_large() {
    let env = TestEnv::new(env!("CARGO_BIN_EXE_stepwell"));
    let example = repository().join("examples/bundle-size-oracle");
    let made = Command::new(example.join("make-repository.sh"))
        .arg(env.project())
        .env("HOME", env.project())
        .status();
    assert!(made.unwrap().success());
    let oracle = Guests::Oracle.build().unwrap();
    let name = "bundle_size_oracle.wasm";
    fs::copy(oracle.join(name), env.project().join(name)).unwrap();
    let output = env.stepwell(&[
        "bisect", "--good", "v1", "--bad", "main", "--output", "json",
    ]);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (0, ""),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("cart: draw the icons inline"),
        "{}",
        output.stdout
    );
}
