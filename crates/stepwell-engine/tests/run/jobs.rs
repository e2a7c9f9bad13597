//! Which jobs start, and what becomes of the run.

use crate::fixture::{job, plan, step};
use std::sync::Arc;
use stepwell_engine::{RunCommand, RunInput, RunMachine};
use stepwell_event::{RunEvent, RunResult, Snapshot, StepResult};
use stepwell_plan::{Condition, PlannedJob};

struct Driver {
    machine: RunMachine,
}

impl Driver {
    fn new(jobs: Vec<PlannedJob>) -> Self {
        Self {
            machine: RunMachine::new(Arc::new(plan(jobs)), Snapshot::default()),
        }
    }

    fn started(jobs: Vec<PlannedJob>) -> Self {
        let mut driver = Self::new(jobs);
        driver.input(RunInput::Start);
        driver
    }

    fn input(&mut self, input: RunInput) -> Vec<String> {
        let mut commands = Vec::new();
        self.machine.handle(input, &mut commands);
        commands.iter().map(describe).collect()
    }

    fn end(&mut self, job: usize, result: StepResult) -> Vec<String> {
        self.input(RunInput::JobFinished { job, result })
    }
}

fn describe(command: &RunCommand) -> String {
    match command {
        RunCommand::StartJob { job } => format!("start {job}"),
        RunCommand::CancelJobs { now } => format!("cancel now={now}"),
        RunCommand::Finish(result) => format!("end {result:?}"),
        RunCommand::Emit(RunEvent::RunStarted { .. }) => "run started".to_owned(),
        RunCommand::Emit(RunEvent::CancelRequested { now }) => format!("canceling now={now}"),
        RunCommand::Emit(RunEvent::RunFinished { result }) => format!("run {result:?}"),
        RunCommand::Emit(RunEvent::StepFinished { job, step, record }) => {
            assert_eq!(record.outcome, None);
            let reason = record.reason.as_deref().unwrap_or_default();
            format!("{job}/{step} {:?}: {reason}", record.result)
        }
        RunCommand::Emit(RunEvent::JobFinished { job, result }) => format!("{job} {result:?}"),
        RunCommand::Emit(other) => format!("{other:?}"),
    }
}

fn when(condition: Condition, job: PlannedJob) -> PlannedJob {
    PlannedJob { condition, ..job }
}

#[test]
fn jobs_start_as_soon_as_what_they_wait_for_has_ended() {
    let mut driver = Driver::new(vec![
        job("last", &[1, 2], vec![step()]),
        job("a", &[], vec![step()]),
        job("b", &[], vec![step()]),
    ]);
    assert_eq!(
        driver.input(RunInput::Start),
        ["run started", "start 1", "start 2"]
    );
    assert!(driver.input(RunInput::Start).is_empty());
    assert!(driver.end(2, StepResult::Succeeded).is_empty());
    assert!(
        driver.end(2, StepResult::Failed).is_empty(),
        "it ended already"
    );
    assert!(
        driver.end(9, StepResult::Failed).is_empty(),
        "there is no such job"
    );
    assert_eq!(driver.end(1, StepResult::SucceededWithIssues), ["start 0"]);
    assert_eq!(driver.machine.result(), None);
    assert_eq!(
        driver.end(0, StepResult::Succeeded),
        ["run PartiallySucceeded", "end PartiallySucceeded"]
    );
    assert_eq!(driver.machine.result(), Some(RunResult::PartiallySucceeded));
    assert!(driver.input(RunInput::Cancel { now: true }).is_empty());
}

#[test]
fn a_failure_skips_all_that_needs_success_also_at_a_distance() {
    let mut driver = Driver::started(vec![
        job("a", &[], vec![step()]),
        job("b", &[0], vec![step(), step()]),
        job("c", &[1], vec![step()]),
        when(Condition::Failed, job("notify", &[2], vec![step()])),
        when(Condition::Always, job("clean", &[2], vec![step()])),
    ]);
    let reason = "condition `succeeded()` of the job is false";
    assert_eq!(
        driver.end(0, StepResult::Failed),
        [
            &format!("b/0 Skipped: {reason}: job `a` failed"),
            &format!("b/1 Skipped: {reason}: job `a` failed"),
            "b Skipped",
            &format!("c/0 Skipped: {reason}: job `b` was skipped"),
            "c Skipped",
            "start 3",
            "start 4",
        ]
    );
    driver.end(3, StepResult::Succeeded);
    assert_eq!(
        driver.end(4, StepResult::Succeeded),
        ["run Failed", "end Failed"]
    );
}

#[test]
fn a_skipped_dependency_is_no_success() {
    let mut driver = Driver::started(vec![
        job("a", &[], vec![step()]),
        when(Condition::Failed, job("b", &[0], vec![step()])),
        job("c", &[1], vec![step()]),
    ]);
    assert_eq!(
        driver.end(0, StepResult::Succeeded),
        [
            "b/0 Skipped: condition `failed()` of the job is false: no job before it failed",
            "b Skipped",
            "c/0 Skipped: condition `succeeded()` of the job is false: job `b` was skipped",
            "c Skipped",
            "run Succeeded",
            "end Succeeded",
        ]
    );
}

#[test]
fn a_cancel_reaches_running_jobs_and_starts_only_what_always_runs() {
    let mut driver = Driver::started(vec![
        job("a", &[], vec![step()]),
        job("b", &[0], vec![step()]),
        when(Condition::Always, job("c", &[1], vec![step()])),
    ]);
    assert_eq!(
        driver.input(RunInput::Cancel { now: false }),
        ["canceling now=false", "cancel now=false"]
    );
    assert!(driver.input(RunInput::Cancel { now: false }).is_empty());
    assert_eq!(
        driver.end(0, StepResult::Canceled),
        [
            "b/0 Skipped: condition `succeeded()` of the job is false: the run was canceled",
            "b Skipped",
            "start 2",
        ]
    );
    assert_eq!(
        driver.input(RunInput::Cancel { now: true }),
        ["canceling now=true", "cancel now=true"]
    );
    assert_eq!(
        driver.end(2, StepResult::Failed),
        ["run Canceled", "end Canceled"]
    );
}

#[test]
fn after_a_cancel_at_once_nothing_starts() {
    let mut driver = Driver::started(vec![
        job("a", &[], vec![step()]),
        when(Condition::Always, job("b", &[0], vec![step()])),
    ]);
    driver.input(RunInput::Cancel { now: true });
    assert_eq!(
        driver.end(0, StepResult::Canceled),
        [
            "b/0 Skipped: the run was canceled at once",
            "b Skipped",
            "run Canceled",
            "end Canceled",
        ]
    );
}

#[test]
fn a_run_that_is_canceled_before_it_starts_runs_nothing() {
    let always = when(Condition::Always, job("a", &[], vec![step()]));
    let mut driver = Driver::new(vec![always]);
    assert!(driver.input(RunInput::Cancel { now: false }).is_empty());
    assert_eq!(
        driver.input(RunInput::Start),
        [
            "run started",
            "canceling now=false",
            "a/0 Skipped: the run was canceled at once",
            "a Skipped",
            "run Canceled",
            "end Canceled",
        ]
    );
}

#[test]
fn a_run_that_failed_before_it_was_canceled_has_failed() {
    let mut driver = Driver::started(vec![
        job("a", &[], vec![step()]),
        job("b", &[], vec![step()]),
    ]);
    driver.end(0, StepResult::Failed);
    driver.input(RunInput::Cancel { now: false });
    assert_eq!(
        driver.end(1, StepResult::Canceled),
        ["run Failed", "end Failed"]
    );
}

#[test]
fn a_run_begins_with_all_that_is_known_of_it() {
    let plan = plan(vec![
        job("a", &[], vec![step()]),
        job("b", &[0], vec![step(), step()]),
    ]);
    let snapshot = Snapshot {
        file: "pipeline.toml".to_owned(),
        ..Snapshot::default()
    };
    let mut machine = RunMachine::new(Arc::new(plan), snapshot.clone());
    let mut commands = Vec::new();
    machine.handle(RunInput::Start, &mut commands);
    let Some(RunCommand::Emit(RunEvent::RunStarted {
        name,
        snapshot: told,
        jobs,
    })) = commands.first()
    else {
        panic!("{commands:?}");
    };
    assert_eq!((name.as_str(), told), ("demo", &snapshot));
    assert_eq!(jobs[1].depends_on, ["a".into()]);
    assert_eq!(jobs[1].steps.len(), 2);
    assert_eq!(jobs[1].steps[0].task, "lint");
}

#[test]
fn a_run_without_jobs_succeeds_and_a_long_chain_is_no_problem() {
    let mut driver = Driver::new(Vec::new());
    assert_eq!(
        driver.input(RunInput::Start),
        ["run started", "run Succeeded", "end Succeeded"]
    );
    let jobs = (0..3_000_usize).map(|index| {
        let depends_on: Vec<usize> = index.checked_sub(1).into_iter().collect();
        job("link", &depends_on, vec![step()])
    });
    let mut driver = Driver::started(jobs.collect());
    let lines = driver.end(0, StepResult::Failed);
    assert_eq!(lines.len(), 2 * 2_999 + 2);
}
