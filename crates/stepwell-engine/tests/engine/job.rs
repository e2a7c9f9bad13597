//! Which steps run, with what, and what becomes of the job.

use crate::fixture::{Driver, job, output, plan, report, step, step_when, variable};
use std::path::PathBuf;
use std::time::Duration;
use stepwell_engine::JobInput;
use stepwell_event::{
    Access, Entry, Frame, GuestEvent, LimitKind, Limits, Outcome, StepReport, TrapKind,
    WorkspaceGrant,
};
use stepwell_plan::{Invocation, PlannedStep};

const GOOD: Outcome = Outcome::Succeeded;
const BAD: Outcome = Outcome::ExitCode { code: 3 };

#[test]
fn a_job_runs_its_steps_in_order() {
    let mut driver = Driver::new(plan(vec![job("build", &[], vec![step(), step()])]));
    driver.input(JobInput::Start);
    driver.expect(&["job started", "0 started", "run 0"]);
    driver.input(JobInput::Start);
    driver.expect(&[]);
    driver.end(GOOD);
    driver.expect(&["0 Succeeded", "1 started", "run 1"]);
    driver.end(GOOD);
    driver.expect(&["1 Succeeded", "job Succeeded", "end Succeeded"]);
    assert!(driver.is_finished());
    driver.end(GOOD);
    driver.input(JobInput::Cancel { now: true });
    assert_eq!(driver.guest(output("late\n")), Ok(()));
    driver.expect(&[]);
}

/// Runs two steps and gives the job's result and whether the second ran.
fn two_steps(steps: [PlannedStep; 2], outcomes: [Outcome; 2]) -> (String, bool) {
    let mut driver = Driver::started(steps.into());
    for outcome in outcomes {
        driver.end(outcome);
    }
    let lines = driver.take();
    let second = lines.contains(&"run 1".to_owned());
    (lines.last().cloned().unwrap_or_default(), second)
}

#[test]
fn the_worst_step_counts_and_no_later_step_rescues_a_job() {
    let tolerant = |condition| PlannedStep {
        continue_on_error: true,
        ..step_when(condition)
    };
    let canceled = Outcome::Canceled { graceful: true };
    for (steps, outcomes, expect, second_runs) in [
        (
            [step(), step_when("always()")],
            [GOOD, GOOD],
            "end Succeeded",
            true,
        ),
        ([step(), step()], [BAD, GOOD], "end Failed", false),
        (
            [step(), step_when("succeededOrFailed()")],
            [BAD, GOOD],
            "end Failed",
            true,
        ),
        (
            [step(), step_when("failed()")],
            [BAD, GOOD],
            "end Failed",
            true,
        ),
        (
            [step(), step_when("failed()")],
            [GOOD, GOOD],
            "end Succeeded",
            false,
        ),
        (
            [tolerant("succeeded()"), step()],
            [BAD, GOOD],
            "end SucceededWithIssues",
            true,
        ),
        (
            [tolerant("succeeded()"), step()],
            [BAD, BAD],
            "end Failed",
            true,
        ),
        (
            [step(), tolerant("always()")],
            [GOOD, BAD],
            "end SucceededWithIssues",
            true,
        ),
        (
            [step(), step_when("always()")],
            [canceled, GOOD],
            "end Succeeded",
            true,
        ),
    ] {
        let (result, ran) = two_steps(steps.clone(), outcomes.clone());
        assert_eq!(
            (result.as_str(), ran),
            (expect, second_runs),
            "{steps:?} {outcomes:?}"
        );
    }
}

#[test]
fn a_step_with_issues_lets_the_next_one_run() {
    let mut driver = Driver::started(vec![step(), step()]);
    driver
        .guest(output("##vso[task.logissue type=warning]old\n"))
        .unwrap();
    driver.end(GOOD);
    driver.end(GOOD);
    driver.expect(&[
        "Warning: old",
        "0 SucceededWithIssues: reported 1 warning",
        "1 started",
        "run 1",
        "1 Succeeded",
        "job SucceededWithIssues",
        "end SucceededWithIssues",
    ]);
}

#[test]
fn a_cancel_stops_the_running_step_and_skips_all_but_always() {
    let steps = vec![step(), step(), step_when("always()")];
    let mut driver = Driver::started(steps);
    driver.input(JobInput::Cancel { now: false });
    driver.input(JobInput::Cancel { now: false });
    driver.expect(&["timer Grace 300s", "stop now=false"]);
    driver.end(Outcome::Canceled { graceful: true });
    driver.expect(&[
        "0 Canceled: canceled",
        "1 Skipped: condition `succeeded()` is false: the job was canceled",
        "2 started",
        "run 2",
    ]);
    assert!(driver.request.as_ref().is_some_and(|request| {
        request
            .env
            .contains(&("AGENT_JOBSTATUS".to_owned(), "Canceled".to_owned()))
    }));
    driver.end(BAD);
    driver.expect(&["2 Failed: exit code 3", "job Canceled", "end Canceled"]);
}

#[test]
fn a_step_that_always_runs_is_stopped_only_by_a_cancel_at_once() {
    let steps = vec![step_when("always()"), step_when("always()")];
    let mut driver = Driver::started(steps);
    driver.input(JobInput::Cancel { now: false });
    driver.expect(&["timer Grace 300s"]);
    driver.input(JobInput::Cancel { now: true });
    driver.expect(&["stop now=true"]);
    driver.input(JobInput::Cancel { now: false });
    driver.expect(&[]);
    driver.end(Outcome::Canceled { graceful: false });
    driver.expect(&[
        "0 Canceled: canceled",
        "1 Skipped: the job was canceled at once",
        "job Canceled",
        "end Canceled",
    ]);
}

#[test]
fn a_job_that_is_canceled_before_it_starts_runs_what_always_runs() {
    let steps = vec![step(), step_when("always()")];
    let mut driver = Driver::new(plan(vec![job("build", &[], steps)]));
    driver.input(JobInput::Cancel { now: false });
    driver.expect(&[]);
    driver.input(JobInput::Start);
    driver.expect(&[
        "job started",
        "timer Grace 300s",
        "0 Skipped: condition `succeeded()` is false: the job was canceled",
        "1 started",
        "run 1",
    ]);
}

#[test]
fn a_step_is_told_what_the_plan_and_earlier_steps_say() {
    let mut plan = plan(vec![job(
        "build",
        &[],
        vec![
            PlannedStep {
                name: Some("scan".to_owned()),
                ..step()
            },
            PlannedStep {
                invocation: Invocation::Task {
                    inputs: vec![
                        ("path".to_owned(), " $(scan.dir)/$(nope) ".to_owned()),
                        ("token".to_owned(), "$(Token)".to_owned()),
                    ],
                },
                env: vec![
                    ("GREETING".to_owned(), "$(greeting)!".to_owned()),
                    ("LOG".to_owned(), "$(token)".to_owned()),
                ],
                timeout: Some(Duration::from_secs(2)),
                ..step()
            },
        ],
    )]);
    plan.tasks[0].grant.workspace = Access::Read;
    let mut driver = Driver::new(plan);
    driver.input(JobInput::Start);
    driver
        .guest(output(
            "##vso[task.setvariable variable=dir;isoutput=true]src\n\
             ##vso[task.setvariable variable=token;issecret=true]hunter2\n",
        ))
        .unwrap();
    driver.end(GOOD);
    let request = driver.request.unwrap();
    assert_eq!(
        request.entry,
        Entry::Task {
            inputs: vec![
                ("path".to_owned(), "src/$(nope)".to_owned()),
                ("token".to_owned(), "hunter2".to_owned()),
            ]
        }
    );
    let env: Vec<String> = request
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        env,
        [
            "SYSTEM_JOBNAME=build",
            "GREETING=hello!",
            "agent.jobstatus=Succeeded",
            "AGENT_JOBSTATUS=Succeeded",
            "SCAN_DIR=src",
            "LOG=hunter2",
        ]
    );
    assert_eq!(
        request.workspace,
        Some(WorkspaceGrant {
            path: PathBuf::from("/work"),
            access: Access::Read,
            folders: Vec::new(),
        })
    );
    assert_eq!(
        request.limits,
        Limits {
            timeout_ms: Some(2_000),
            memory: 32 << 20,
            output: 1 << 20,
            ..Limits::default()
        }
    );
}

#[test]
fn a_task_without_a_grant_gets_no_workspace() {
    let driver = Driver::started(vec![step()]);
    assert_eq!(driver.request.unwrap().workspace, None);
}

#[test]
fn a_step_whose_arguments_grow_too_large_fails_without_beginning() {
    let large = PlannedStep {
        invocation: Invocation::Command {
            args: vec!["$(big)".repeat(100)],
        },
        ..step()
    };
    let mut driver = Driver::started(vec![step(), large]);
    driver
        .guest(GuestEvent::SetVariable {
            name: "big".to_owned(),
            value: "x".repeat(60_000),
            secret: false,
            output: false,
            read_only: false,
        })
        .unwrap();
    driver.take();
    driver.end(GOOD);
    let lines = driver.take();
    assert!(
        lines[1].starts_with("1 Failed: argument `$(big)"),
        "{lines:?}"
    );
    assert!(lines[1].contains("too large"), "{lines:?}");
    assert_eq!(lines[2..], ["job Failed", "end Failed"]);
}

#[test]
fn a_variable_that_cannot_be_expanded_is_warned_of_once() {
    let plan = plan(vec![job("build", &[], vec![step(), step()])]);
    let mut driver = Driver::with(plan, vec![variable("loop", "$(loop)")]);
    driver.input(JobInput::Start);
    let warning = "Host> variable `loop` is not expanded: it leads back to itself or to a variable \
                   that does";
    driver.expect(&["job started", "0 started", warning, "run 0"]);
    driver
        .guest(output("##vso[task.setvariable variable=x]y\n"))
        .unwrap();
    driver.end(GOOD);
    driver.expect(&["x = y", "0 Succeeded", "1 started", "run 1"]);
}

/// The reason of a single step that ends with `report`.
fn reason(planned: PlannedStep, report: StepReport) -> Vec<String> {
    let mut driver = Driver::started(vec![planned]);
    driver.input(JobInput::StepEnded(report));
    let mut lines = driver.take();
    lines.truncate(lines.len() - 2);
    lines
}

#[test]
fn a_step_that_fails_says_why() {
    let check = |outcome: Outcome, expect: &[&str]| {
        assert_eq!(reason(step(), report(outcome)), expect);
    };
    check(BAD, &["0 Failed: exit code 3"]);
    check(
        Outcome::TimedOut { limit_ms: 1_000 },
        &["0 Failed: timed out after 1 s"],
    );
    check(
        Outcome::LimitExceeded {
            limit: LimitKind::Memory,
            value: 32 << 20,
            used: 33 << 20,
        },
        &[
            "0 Failed: memory: 33 MiB asked, limit 32 MiB (`limits.memory` of task `lint`, at most 2 GiB)",
        ],
    );
    check(
        Outcome::Trapped {
            trap: TrapKind::StackOverflow,
            backtrace: vec![
                Frame {
                    function: "recurse".to_owned(),
                    location: Some("src/main.rs:7".to_owned()),
                },
                Frame {
                    function: "main".to_owned(),
                    location: None,
                },
            ],
        },
        &[
            "Host>   at recurse (src/main.rs:7)",
            "Host>   at main",
            "0 Failed: trap: call stack exhausted in `recurse`",
        ],
    );
    check(
        Outcome::Failed {
            message: "2 files without license".to_owned(),
            code: 1,
            details: Some("a.c\nb.c".to_owned()),
        },
        &[
            "Host>   | a.c",
            "Host>   | b.c",
            "0 Failed: 2 files without license",
        ],
    );
}

#[test]
fn a_step_that_asks_a_question_is_told_that_nobody_answers() {
    let asked = |outcome| StepReport {
        read_stdin: true,
        core_dump: None,
        reply: None,
        ..report(outcome)
    };
    assert_eq!(
        reason(step(), asked(BAD)),
        ["0 Failed: exit code 3; it asked to read standard input, which is closed"]
    );
    assert_eq!(reason(step(), asked(GOOD)), ["0 Succeeded"]);
}

#[test]
fn a_tolerated_failure_still_says_why() {
    let tolerant = PlannedStep {
        continue_on_error: true,
        ..step()
    };
    assert_eq!(
        reason(tolerant, report(BAD)),
        ["0 SucceededWithIssues: failed but continue-on-error is set: exit code 3"]
    );
}

#[test]
fn a_position_outside_of_the_plan_is_a_job_without_steps() {
    let mut driver = Driver::new(plan(Vec::new()));
    driver.input(JobInput::Start);
    driver.expect(&["job started", "job Succeeded", "end Succeeded"]);
}
