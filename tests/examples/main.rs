//! The examples do what their READMEs say, in this repository itself.

#![cfg(test)]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use stepwell_event::{Envelope, LineKind, RunEvent, StepRecord, StepResult};
use stepwell_testkit::guests::{Guests, repository};
use stepwell_testkit::{Output, TestEnv};

/// One run at a time: they share the folder that they write to, and memory is compared.
static REPOSITORY: Mutex<()> = Mutex::new(());

fn example(name: &str) -> (Output, MutexGuard<'static, ()>) {
    let guard = REPOSITORY.lock().unwrap_or_else(PoisonError::into_inner);
    Guests::Examples.build().unwrap();
    let env = TestEnv::of_project(env!("CARGO_BIN_EXE_stepwell"), repository());
    let file = format!("examples/{name}/pipeline.toml");
    let output = env.stepwell(&["run", &file, "--output", "json"]);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    (output, guard)
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
        ("memory", "memory limit of 32 MiB reached"),
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
