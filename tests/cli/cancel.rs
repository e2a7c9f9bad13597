//! Ctrl-C: once for an orderly end, twice for an end at once.

use crate::{empty, project, step};
use std::time::{Duration, Instant};
use stepwell_testkit::{Output, Process, Signal, TestEnv};

/// Far less than the steps would take, and than the grace of a step that does not listen; enough for
/// a slow machine.
const PROMPTLY: Duration = Duration::from_secs(5);

/// Waits for the end, which must be near.
#[track_caller]
fn end(process: Process) -> Output {
    let asked = Instant::now();
    let output = process.end();
    assert!(
        asked.elapsed() < PROMPTLY,
        "{:?}: {}",
        asked.elapsed(),
        output.stdout
    );
    assert_eq!(output.code, 130, "{}{}", output.stdout, output.stderr);
    output
}

fn cleanup() -> String {
    let default = step("display-name = \"default\"", &["say:not canceled"]);
    default
        + &step(
            "display-name = \"cleanup\"\ncondition = \"always()\"",
            &["say:cleaned up"],
        )
}

/// A run of `play` that says `busy` and then does something for a long time.
fn busy(work: &str) -> TestEnv {
    project(&(step("display-name = \"work\"", &["say:busy", work]) + &cleanup()))
}

#[track_caller]
fn assert_cleaned_up(output: &Output) {
    for words in [
        "run > cancel requested\n",
        "main | work > canceled in ",
        "main | default > skipped: condition `succeeded()` is false: the job was canceled\n",
        "main | cleanup | cleaned up\n",
        "main > canceled in ",
        "run > canceled in ",
    ] {
        assert!(
            output.stdout.contains(words),
            "`{words}` is not in:\n{}",
            output.stdout
        );
    }
    let told = "canceling: steps are asked to end; again to stop them at once\n";
    assert_eq!(output.stderr, told);
}

#[test]
fn a_sleeping_step_is_stopped_and_the_cleanup_runs() {
    let env = busy("sleep:60000");
    let mut run = env.start(&["run"]);
    run.wait_for("| busy");
    run.signal(Signal::INT);
    assert_cleaned_up(&end(run));
}

#[test]
fn a_spinning_step_is_stopped_and_the_cleanup_runs() {
    let env = busy("spin:");
    let mut run = env.start(&["run"]);
    run.wait_for("| busy");
    run.signal(Signal::INT);
    assert_cleaned_up(&end(run));
}

#[test]
fn a_request_to_terminate_is_a_request_to_cancel() {
    let env = busy("sleep:60000");
    let mut run = env.start(&["run"]);
    run.wait_for("| busy");
    run.signal(Signal::TERM);
    assert_cleaned_up(&end(run));
}

/// A run of a typed task that listens to cancellation.
fn listener(when: &str) -> TestEnv {
    let env = empty();
    env.add_guests(&["play", "task_listener"]);
    let tasks = "[tasks.play]\nsource = \"guests/play.wasm\"\n\n\
        [tasks.listener]\nsource = \"guests/task_listener.wasm\"\n";
    let steps = format!("[[steps]]\ntask = \"listener\"\ninputs = {{ when = \"{when}\" }}\n");
    env.write("pipeline.toml", format!("{tasks}\n{steps}\n{}", cleanup()));
    env
}

#[test]
fn a_step_that_listens_ends_by_itself() {
    let env = listener("waiting");
    let mut run = env.start(&["run"]);
    run.wait_for("listening, not asked yet");
    run.signal(Signal::INT);
    let output = end(run);
    assert!(
        output.stdout.contains("| ending, in time\n"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("| cleaned up\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_second_time_stops_at_once_and_nothing_else_runs() {
    let env = listener("ignoring");
    let mut run = env.start(&["run"]);
    run.wait_for("listening, not asked yet");
    run.signal(Signal::INT);
    run.wait_for("cancel requested\n");
    run.signal(Signal::INT);
    let output = end(run);
    assert!(
        output.stdout.contains("cancel requested, without grace\n"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("main | cleanup > skipped"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("| cleaned up"), "{}", output.stdout);
    assert!(output.stderr.ends_with("stopping\n"), "{}", output.stderr);
}

#[test]
fn a_canceled_run_is_in_the_journal_as_one_that_ended() {
    let env = busy("sleep:60000");
    let mut run = env.start(&["run"]);
    run.wait_for("| busy");
    run.signal(Signal::INT);
    assert_cleaned_up(&end(run));
    env.write("quick.toml", crate::pipeline(&step("", &["say:hello"])));
    let next = env.stepwell(&["run", "quick.toml"]);
    assert_eq!((next.code, next.stderr.as_str()), (0, ""));
}

#[test]
fn jobs_that_always_run_still_run_and_others_do_not() {
    let env = project(
        r#"
[jobs.first]
steps = [{ name = "work", task = "play", args = ["say:busy", "sleep:60000"] }]

[jobs.next]
depends-on = "first"
steps = [{ task = "play", args = ["say:not canceled"] }]

[jobs.sweep]
depends-on = "next"
condition = "always()"
variables = { was = "$[ dependencies.next.result ]" }
steps = [
    { task = "play", args = ["say:swept, $(was)"] },
    { task = "play", args = ["say:not canceled either"] },
]
"#,
    );
    let mut run = env.start(&["run"]);
    run.wait_for("| busy");
    run.signal(Signal::INT);
    let output = end(run);
    for words in [
        "first | work > canceled in ",
        "next > skipped: condition `succeeded()` of the job is false: ",
        "sweep | play | swept, Skipped\n",
        "run > canceled in ",
    ] {
        assert!(
            output.stdout.contains(words),
            "`{words}` is not in:\n{}",
            output.stdout
        );
    }
}

#[test]
fn a_leg_that_waits_for_another_does_not_start() {
    let env = project(
        r#"
[jobs.test]
matrix = { a = { leg = "a" }, b = { leg = "b" } }
max-parallel = 1
steps = [{ task = "play", args = ["say:busy $(leg)", "sleep:60000"] }]
"#,
    );
    let mut run = env.start(&["run"]);
    run.wait_for("| busy a");
    run.signal(Signal::INT);
    let output = end(run);
    assert!(!output.stdout.contains("busy b"), "{}", output.stdout);
}

#[test]
fn a_step_that_waits_to_be_run_again_is_not() {
    let env = project(&(step("retries = 10", &["say:busy", "exit:1"]) + &cleanup()));
    let mut run = env.start(&["run"]);
    // The third time comes four seconds after the second.
    run.wait_for("retry 2");
    run.signal(Signal::INT);
    let output = end(run);
    assert_eq!(
        output.stdout.matches("| busy").count(),
        2,
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("| cleaned up\n"),
        "{}",
        output.stdout
    );
}
