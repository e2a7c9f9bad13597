//! Which jobs start, and what becomes of the run.

use crate::fixture::{Driver, job, opening, plan, step, when};
use std::sync::Arc;
use stepwell_engine::{JobEnd, Opening, RunCommand, RunInput, RunMachine};
use stepwell_event::{RunEvent, RunResult, Snapshot, StepResult};

#[test]
fn jobs_start_as_soon_as_what_they_wait_for_has_ended() {
    let mut driver = Driver::new(plan(vec![
        job("last", &[1, 2]),
        job("a", &[]),
        job("b", &[]),
    ]));
    assert_eq!(
        driver.input(RunInput::Start),
        ["run started", "start a", "start b"]
    );
    assert!(driver.input(RunInput::Start).is_empty());
    assert!(driver.end("b", StepResult::Succeeded).is_empty());
    assert!(
        driver.end("b", StepResult::Failed).is_empty(),
        "it ended already"
    );
    let end = JobEnd {
        result: StepResult::Failed,
        outputs: Vec::new(),
        secrets: Vec::new(),
    };
    let stray = RunInput::JobFinished { instance: 9, end };
    assert!(driver.input(stray).is_empty(), "there is no such job");
    assert_eq!(
        driver.end("a", StepResult::SucceededWithIssues),
        ["start last"]
    );
    assert_eq!(driver.machine.result(), None);
    assert_eq!(
        driver.end("last", StepResult::Succeeded),
        ["run PartiallySucceeded", "end PartiallySucceeded"]
    );
    assert_eq!(driver.machine.result(), Some(RunResult::PartiallySucceeded));
    assert!(driver.input(RunInput::Cancel { now: true }).is_empty());
}

#[test]
fn a_failure_skips_all_that_needs_success_also_at_a_distance() {
    let mut driver = Driver::started(plan(vec![
        job("a", &[]),
        job("b", &[0]),
        job("c", &[1]),
        when("failed()", job("notify", &[2])),
        when("always()", job("clean", &[2])),
    ]));
    let reason = "condition `succeeded()` of the job is false: job `a` failed";
    assert_eq!(
        driver.end("a", StepResult::Failed),
        [
            "b/0 Skipped",
            &format!("b Skipped: {reason}"),
            "c/0 Skipped",
            &format!("c Skipped: {reason}"),
            "start notify",
            "start clean",
        ]
    );
    driver.end("notify", StepResult::Succeeded);
    assert_eq!(
        driver.end("clean", StepResult::Succeeded),
        ["run Failed", "end Failed"]
    );
}

#[test]
fn a_skipped_dependency_is_no_success() {
    let mut driver = Driver::started(plan(vec![
        job("a", &[]),
        when("failed()", job("b", &[0])),
        job("c", &[1]),
        when(
            "in(dependencies.b.result, 'Succeeded', 'Skipped')",
            job("d", &[1]),
        ),
    ]));
    assert_eq!(
        driver.end("a", StepResult::Succeeded),
        [
            "b/0 Skipped",
            "b Skipped: condition `failed()` of the job is false: no job before it failed",
            "c/0 Skipped",
            "c Skipped: condition `succeeded()` of the job is false: job `b` was skipped",
            "start d",
        ]
    );
    assert_eq!(
        driver.end("d", StepResult::Succeeded),
        ["run Succeeded", "end Succeeded"]
    );
}

#[test]
fn a_failure_that_is_tolerated_counts_as_issues() {
    let mut tolerated = job("a", &[]);
    tolerated.continue_on_error = true;
    let mut driver = Driver::started(plan(vec![
        tolerated,
        when(
            "eq(dependencies.a.result, 'SucceededWithIssues')",
            job("b", &[0]),
        ),
    ]));
    assert_eq!(driver.end("a", StepResult::Failed), ["start b"]);
    assert_eq!(
        driver.end("b", StepResult::Succeeded),
        ["run PartiallySucceeded", "end PartiallySucceeded"]
    );
}

#[test]
fn a_condition_that_cannot_be_evaluated_fails_the_job() {
    let mut driver = Driver::new(plan(vec![when("gt(1, 'not a number')", job("a", &[]))]));
    let lines = driver.input(RunInput::Start);
    assert_eq!(lines[1], "a/0 Skipped");
    assert!(
        lines[2]
            .starts_with("a Failed: the condition `gt(1, 'not a number')` cannot be evaluated: "),
        "{lines:?}"
    );
    assert_eq!(lines[3..], ["run Failed", "end Failed"]);
}

#[test]
fn a_demand_that_no_agent_meets_fails_the_job() {
    let mut demanding = job("a", &[]);
    demanding.unmet_demand = Some("java -equals 17".to_owned());
    let mut driver = Driver::new(plan(vec![demanding, job("b", &[0])]));
    assert_eq!(
        driver.input(RunInput::Start),
        [
            "run started",
            "a/0 Skipped",
            "a Failed: no agent meets the demand `java -equals 17`",
            "b/0 Skipped",
            "b Skipped: condition `succeeded()` of the job is false: job `a` failed",
            "run Failed",
            "end Failed",
        ]
    );
}

#[test]
fn a_cancel_reaches_running_jobs_and_starts_only_what_always_runs() {
    let mut driver = Driver::started(plan(vec![
        job("a", &[]),
        job("b", &[0]),
        when("always()", job("c", &[1])),
        when("eq(variables.Greeting, 'hello')", job("d", &[0])),
    ]));
    assert_eq!(
        driver.input(RunInput::Cancel { now: false }),
        ["canceling now=false", "cancel now=false"]
    );
    assert!(driver.input(RunInput::Cancel { now: false }).is_empty());
    assert_eq!(
        driver.end("a", StepResult::Canceled),
        [
            "b/0 Skipped",
            "b Skipped: condition `succeeded()` of the job is false: the run was canceled",
            "start d",
            "start c",
        ]
    );
    assert_eq!(
        driver.input(RunInput::Cancel { now: true }),
        ["canceling now=true", "cancel now=true"]
    );
    driver.end("d", StepResult::Succeeded);
    assert_eq!(
        driver.end("c", StepResult::Failed),
        ["run Canceled", "end Canceled"]
    );
}

#[test]
fn after_a_cancel_at_once_nothing_starts() {
    let mut driver = Driver::started(plan(vec![job("a", &[]), when("always()", job("b", &[0]))]));
    driver.input(RunInput::Cancel { now: true });
    assert_eq!(
        driver.end("a", StepResult::Canceled),
        [
            "b/0 Skipped",
            "b Skipped: the run was canceled at once",
            "run Canceled",
            "end Canceled",
        ]
    );
}

#[test]
fn a_run_that_is_canceled_before_it_starts_runs_nothing() {
    let mut driver = Driver::new(plan(vec![when("always()", job("a", &[]))]));
    assert!(driver.input(RunInput::Cancel { now: false }).is_empty());
    assert_eq!(
        driver.input(RunInput::Start),
        [
            "run started",
            "canceling now=false",
            "a/0 Skipped",
            "a Skipped: the run was canceled at once",
            "run Canceled",
            "end Canceled",
        ]
    );
}

#[test]
fn a_run_that_failed_before_it_was_canceled_has_failed() {
    let mut driver = Driver::started(plan(vec![job("a", &[]), job("b", &[])]));
    driver.end("a", StepResult::Failed);
    driver.input(RunInput::Cancel { now: false });
    assert_eq!(
        driver.end("b", StepResult::Canceled),
        ["run Failed", "end Failed"]
    );
}

#[test]
fn a_run_begins_with_all_that_is_known_of_it() {
    let mut two = job("b", &[0]);
    two.steps.push(step());
    let plan = plan(vec![job("a", &[]), two]);
    let snapshot = Snapshot {
        file: "pipeline.toml".to_owned(),
        ..Snapshot::default()
    };
    let opening = Opening {
        snapshot: snapshot.clone(),
        ..opening()
    };
    let mut machine = RunMachine::new(Arc::new(plan), opening);
    let mut commands = Vec::new();
    machine.handle(RunInput::Start, &mut commands);
    let Some(RunCommand::Emit(RunEvent::RunStarted {
        name,
        number,
        snapshot: told,
        stages,
        jobs,
    })) = commands.first()
    else {
        panic!("{commands:?}");
    };
    assert_eq!(
        (name.as_str(), number.as_str(), told),
        ("demo", "7", &snapshot)
    );
    assert_eq!(stages, &[]);
    assert_eq!(jobs[1].depends_on, ["a".into()]);
    assert_eq!(jobs[1].steps.len(), 2);
    assert_eq!(jobs[1].steps[0].task, "lint");
}

#[test]
fn a_run_without_jobs_succeeds() {
    let mut driver = Driver::new(plan(Vec::new()));
    assert_eq!(
        driver.input(RunInput::Start),
        ["run started", "run Succeeded", "end Succeeded"]
    );
}
