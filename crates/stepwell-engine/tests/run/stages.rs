//! Stages: order, conditions, skips, results.

use crate::fixture::{Driver, job, opening, stage, stage_when, staged, when};
use std::sync::Arc;
use stepwell_engine::{RunCommand, RunInput, RunMachine};
use stepwell_event::{RunEvent, StepResult};
use stepwell_plan::{Plan, PlannedJob, PlannedStage};

fn within(stage: usize, job: PlannedJob) -> PlannedJob {
    PlannedJob { stage, ..job }
}

/// Build, then verify with two jobs, then ship.
fn pipeline(verify: PlannedStage, ship: PlannedStage) -> Plan {
    staged(
        vec![stage("build", &[]), verify, ship],
        vec![
            within(0, job("compile", &[])),
            within(1, job("test", &[])),
            within(1, job("report", &[1])),
            within(2, job("push", &[])),
        ],
    )
}

#[test]
fn a_stage_begins_when_those_before_it_have_ended() {
    let mut driver = Driver::new(pipeline(stage("verify", &[0]), stage("ship", &[1])));
    assert_eq!(
        driver.input(RunInput::Start),
        ["run started", "stage build started", "start build.compile"]
    );
    assert_eq!(
        driver.end("build.compile", StepResult::Succeeded),
        [
            "stage build Succeeded",
            "stage verify started",
            "start verify.test"
        ]
    );
    assert_eq!(
        driver.end("verify.test", StepResult::SucceededWithIssues),
        ["start verify.report"]
    );
    assert_eq!(
        driver.end("verify.report", StepResult::Succeeded),
        [
            "stage verify SucceededWithIssues",
            "stage ship started",
            "start ship.push"
        ]
    );
    assert_eq!(
        driver.end("ship.push", StepResult::Succeeded),
        [
            "stage ship Succeeded",
            "run PartiallySucceeded",
            "end PartiallySucceeded"
        ]
    );
}

#[test]
fn a_skip_spreads_and_nothing_inside_of_a_skipped_stage_runs() {
    let mut plan = pipeline(stage("verify", &[0]), stage("ship", &[1]));
    plan.jobs[3] = PlannedJob {
        id: "ship.push".into(),
        ..within(2, when("always()", job("push", &[])))
    };
    let mut driver = Driver::started(plan);
    let why = "condition `succeeded()` of the stage is false: stage `build` failed";
    assert_eq!(
        driver.end("build.compile", StepResult::Failed),
        [
            "stage build Failed",
            "verify.test/0 Skipped",
            &format!("verify.test Skipped: {why}"),
            "verify.report/0 Skipped",
            &format!("verify.report Skipped: {why}"),
            &format!("stage verify Skipped: {why}"),
            "ship.push/0 Skipped",
            &format!("ship.push Skipped: {why}"),
            &format!("stage ship Skipped: {why}"),
            "run Failed",
            "end Failed",
        ]
    );
}

#[test]
fn a_condition_of_a_stage_sees_results_and_outputs_of_stages() {
    let condition = "and(succeeded(), eq(dependencies.build.outputs['compile.scan.seen'], 'yes'))";
    let verify = stage_when(condition, stage("verify", &[0]));
    let ship = stage_when(
        "eq(dependencies.verify.result, 'Skipped')",
        stage("ship", &[1]),
    );
    let mut driver = Driver::started(pipeline(verify, ship));
    let outputs = vec![crate::fixture::output("scan.seen", "no")];
    let lines = driver.end_with("build.compile", StepResult::Succeeded, outputs);
    assert_eq!(
        lines[lines.len() - 3..],
        [
            &format!("stage verify Skipped: condition `{condition}` of the stage is false"),
            "stage ship started",
            "start ship.push"
        ]
    );
}

/// Section 5: what is left of a run that is being canceled still starts if its condition holds.
#[test]
fn a_canceled_run_goes_on_with_stages_whose_condition_holds() {
    let ship = stage_when("eq(variables['Greeting'], 'hello')", stage("ship", &[1]));
    let mut driver = Driver::started(pipeline(stage("verify", &[0]), ship));
    driver.input(RunInput::Cancel { now: false });
    let lines = driver.end("build.compile", StepResult::Canceled);
    assert_eq!(
        lines[lines.len() - 3..],
        [
            "stage verify Skipped: condition `succeeded()` of the stage is false: the run was canceled",
            "stage ship started",
            "start ship.push",
        ]
    );
    assert_eq!(
        driver.end("ship.push", StepResult::Succeeded),
        ["stage ship Succeeded", "run Canceled", "end Canceled"]
    );
}

#[test]
fn a_run_whose_stages_are_all_skipped_succeeds() {
    let plan = staged(
        vec![stage_when("failed()", stage("only", &[]))],
        vec![job("a", &[])],
    );
    let mut driver = Driver::new(plan);
    let lines = driver.input(RunInput::Start);
    assert_eq!(lines[lines.len() - 2..], ["run Succeeded", "end Succeeded"]);
}

#[test]
fn stages_are_announced() {
    let plan = pipeline(stage("verify", &[0]), stage("ship", &[1, 0]));
    let mut machine = RunMachine::new(Arc::new(plan), opening());
    let mut commands = Vec::new();
    machine.handle(RunInput::Start, &mut commands);
    let Some(RunCommand::Emit(RunEvent::RunStarted { stages, jobs, .. })) = commands.first() else {
        panic!("{commands:?}");
    };
    let names: Vec<_> = stages.iter().map(|stage| &*stage.name).collect();
    assert_eq!(names, ["build", "verify", "ship"]);
    assert_eq!(stages[2].depends_on, ["verify".into(), "build".into()]);
    assert_eq!(
        (&*jobs[2].name, &*jobs[2].stage),
        ("verify.report", "verify")
    );
    assert_eq!(jobs[2].depends_on, ["verify.test".into()]);
}
