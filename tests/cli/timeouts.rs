//! The time that a job may take, and the time to end in that it has after.

use crate::{empty, project};
use std::time::{Duration, Instant};
use stepwell_testkit::{Output, TestEnv};

/// A job that takes far longer than it may, a step that depends on it and one that cleans up.
fn job(times: &str, work: &str, cleanup: &str) -> String {
    format!(
        "[jobs.main]\n{times}\n\n\
         [[jobs.main.steps]]\nname = \"work\"\n{work}\n\n\
         [[jobs.main.steps]]\nname = \"next\"\ntask = \"play\"\n\n\
         [[jobs.main.steps]]\nname = \"cleanup\"\ntask = \"play\"\ncondition = \"always()\"\nargs = {cleanup}\n"
    )
}

const SLEEP: &str = "task = \"play\"\nargs = [\"say:busy\", \"sleep:60000\"]";

/// Runs to an end that must be near.
#[track_caller]
fn run(env: &TestEnv, least: u64, code: i32) -> Output {
    let began = Instant::now();
    let output = env.stepwell(&["run"]);
    let took = began.elapsed();
    assert_eq!(output.code, code, "{}", output.stdout);
    let bounds = Duration::from_secs(least)..Duration::from_secs(least + 5);
    assert!(bounds.contains(&took), "{took:?}: {}", output.stdout);
    output
}

#[track_caller]
fn assert_said(output: &Output, told: &[&str]) {
    for words in told {
        assert!(
            output.stdout.contains(words),
            "`{words}` is not in:\n{}",
            output.stdout
        );
    }
}

#[test]
fn a_job_that_takes_too_long_is_canceled_and_cleans_up() {
    let env = project(&job(
        "timeout = \"1s\"",
        SLEEP,
        r#"["say:after $(Agent.JobStatus)"]"#,
    ));
    let output = run(&env, 1, 130);
    assert_said(
        &output,
        &[
            "main | work > canceled in ",
            "main | next > skipped: condition `succeeded()` is false: the job was canceled\n",
            "main | cleanup | after Canceled\n",
            "main | cleanup > succeeded in ",
            "main > canceled in ",
            "the job timed out after 1 s\n",
            "run > canceled in ",
        ],
    );
}

#[test]
fn a_cleanup_that_takes_too_long_fails_the_job() {
    let times = "timeout = \"1s\"\ncancel-timeout = \"1s\"";
    let env = project(&job(times, SLEEP, r#"["say:cleaning up", "sleep:60000"]"#));
    let output = run(&env, 2, 1);
    assert_said(
        &output,
        &[
            "main | cleanup | cleaning up\n",
            "main | cleanup > canceled in ",
            "main > failed in ",
            "the job did not end within its timeout of 1 s and its cancel-timeout of 1 s\n",
            "run > failed in ",
        ],
    );
}

#[test]
fn a_step_that_ignores_the_request_is_stopped_early_enough_for_a_cleanup() {
    let env = empty();
    env.add_guests(&["play", "task_listener"]);
    let tasks = "[tasks.play]\nsource = \"guests/play.wasm\"\n\n\
        [tasks.listener]\nsource = \"guests/task_listener.wasm\"\n";
    let times = "timeout = \"1s\"\ncancel-timeout = \"1s\"";
    let work = "task = \"listener\"\ninputs = { when = \"ignoring\" }";
    let text = format!("{tasks}\n{}", job(times, work, "[]"));
    env.write("pipeline.toml", text);
    let output = run(&env, 1, 130);
    assert_said(
        &output,
        &[
            "main | work > canceled in ",
            "main | cleanup > succeeded in ",
            "main > canceled in ",
        ],
    );
}

#[test]
fn a_step_that_always_runs_goes_on_when_the_job_is_canceled() {
    let work =
        "task = \"play\"\ncondition = \"always()\"\nargs = [\"sleep:1500\", \"say:to its end\"]";
    let env = project(&job("timeout = \"1s\"", work, r#"["say:cleaned up"]"#));
    let output = run(&env, 1, 130);
    assert_said(
        &output,
        &[
            "main | work | to its end\n",
            "main | work > succeeded in ",
            "main | cleanup | cleaned up\n",
            "main > canceled in ",
        ],
    );
}

#[test]
fn a_job_without_a_limit_takes_its_time() {
    let work = "task = \"play\"\nargs = [\"sleep:50\", \"say:done\"]";
    for times in ["timeout = 0", "timeout = \"0\"", "timeout = \"1h\""] {
        let env = project(&job(times, work, "[]"));
        assert_said(&run(&env, 0, 0), &["main | work | done\n"]);
    }
}
