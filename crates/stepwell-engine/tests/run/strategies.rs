//! Jobs that run several times: matrix and slices.

use crate::fixture::{Driver, job, output, plan, stage, stage_when, staged, when};
use std::num::NonZeroU32;
use stepwell_engine::RunInput;
use stepwell_event::StepResult;
use stepwell_expr::{Expression, Names};
use stepwell_plan::{PlannedJob, PlannedLeg, PlannedStrategy};

fn matrix(max_parallel: u32, legs: &[&str], job: PlannedJob) -> PlannedJob {
    let legs = legs.iter().map(|name| PlannedLeg {
        name: (*name).into(),
        variables: vec![("Flavor".to_owned(), name.to_uppercase())],
    });
    PlannedJob {
        strategy: PlannedStrategy::Matrix {
            legs: legs.collect(),
            max_parallel: NonZeroU32::new(max_parallel),
        },
        ..job
    }
}

fn computed(legs: &str, job: PlannedJob) -> PlannedJob {
    PlannedJob {
        strategy: PlannedStrategy::ComputedMatrix {
            legs: Expression::parse(legs, &Names::VARIABLE).unwrap(),
            max_parallel: None,
        },
        ..job
    }
}

#[track_caller]
fn check_given(driver: &Driver, id: &str, expect: &[(&str, &str)]) {
    for (name, value) in expect {
        let found = driver.given(id, name).map(|variable| &*variable.value);
        assert_eq!(found, Some(*value), "{name} of {id}");
    }
}

#[test]
fn each_leg_is_a_job_of_its_own_and_the_worst_counts() {
    let mut driver = Driver::new(plan(vec![
        matrix(0, &["debug", "release"], job("Build", &[])),
        job("after", &[0]),
        when("failed()", job("notify", &[0])),
    ]));
    assert_eq!(
        driver.input(RunInput::Start),
        ["run started", "start Build.debug", "start Build.release"]
    );
    check_given(
        &driver,
        "Build.release",
        &[
            ("Flavor", "RELEASE"),
            ("System.JobPositionInPhase", "2"),
            ("System.TotalJobsInPhase", "2"),
            ("System.ParallelExecutionType", "MultiConfiguration"),
            ("System.JobDisplayName", "Build release"),
            ("System.PhaseName", "Build"),
        ],
    );
    assert!(driver.end("Build.debug", StepResult::Failed).is_empty());
    assert_eq!(
        driver.end("Build.release", StepResult::Succeeded),
        [
            "after/0 Skipped",
            "after Skipped: condition `succeeded()` of the job is false: job `Build` failed",
            "start notify",
        ]
    );
}

#[test]
fn no_more_legs_run_side_by_side_than_allowed() {
    let legs = ["a", "b", "c", "d", "e"];
    let mut driver = Driver::new(plan(vec![matrix(2, &legs, job("m", &[]))]));
    assert_eq!(
        driver.input(RunInput::Start),
        ["run started", "start m.a", "start m.b"]
    );
    assert_eq!(driver.end("m.b", StepResult::Succeeded), ["start m.c"]);
    assert_eq!(driver.end("m.a", StepResult::Failed), ["start m.d"]);
    assert_eq!(
        driver.input(RunInput::Cancel { now: false }),
        [
            "canceling now=false",
            "cancel now=false",
            "m.e/0 Skipped",
            "m.e Canceled: condition `succeeded()` of the job is false: the run was canceled",
        ]
    );
    assert!(driver.end("m.c", StepResult::Canceled).is_empty());
    assert_eq!(
        driver.end("m.d", StepResult::Canceled),
        ["run Canceled", "end Canceled"]
    );
}

#[test]
fn slices_are_numbered() {
    let mut slices = job("Slice", &[]);
    slices.strategy = PlannedStrategy::Slices(NonZeroU32::new(3).unwrap());
    let mut driver = Driver::new(plan(vec![slices]));
    assert_eq!(
        driver.input(RunInput::Start),
        [
            "run started",
            "start Slice.Job1",
            "start Slice.Job2",
            "start Slice.Job3"
        ]
    );
    check_given(
        &driver,
        "Slice.Job3",
        &[
            ("System.JobPositionInPhase", "3"),
            ("System.TotalJobsInPhase", "3"),
            ("System.ParallelExecutionType", "MultiMachine"),
            ("System.JobDisplayName", "Slice 3"),
        ],
    );
}

#[test]
fn a_job_that_runs_once_has_a_position_and_no_kind() {
    let driver = Driver::started(plan(vec![job("one", &[])]));
    check_given(
        &driver,
        "one",
        &[
            ("System.JobPositionInPhase", "1"),
            ("System.TotalJobsInPhase", "1"),
            ("System.JobName", "one"),
            ("Greeting", "hello"),
        ],
    );
    assert_eq!(driver.given("one", "System.ParallelExecutionType"), None);
}

#[test]
fn a_matrix_is_made_of_what_another_job_says() {
    let legs = "dependencies.gen.outputs['mtrx.legs']";
    let two = || plan(vec![job("gen", &[]), computed(legs, job("m", &[0]))]);
    let check = |text: &str, expect: &[&str]| {
        let mut driver = Driver::started(two());
        let outputs = vec![output("mtrx.legs", text)];
        let lines = driver.end_with("gen", StepResult::Succeeded, outputs);
        assert_eq!(lines, expect, "{text}");
        driver
    };
    let driver = check(
        "{'x': {'Flavor': 'one'}, 'y': {'Flavor': 'two'}}",
        &["m is m.x, m.y", "start m.x", "start m.y"],
    );
    check_given(&driver, "m.y", &[("Flavor", "two")]);
    check("{}", &["start m"]);
    let mut driver = Driver::started(two());
    let lines = driver.end_with(
        "gen",
        StepResult::Succeeded,
        vec![output("mtrx.legs", "[1, 2]")],
    );
    assert!(
        lines[1].starts_with("m Failed: the matrix cannot be made: "),
        "{lines:?}"
    );
}

#[test]
fn every_leg_of_a_job_in_a_skipped_stage_is_told() {
    let legs = matrix(0, &["x", "y"], job("m", &[]));
    let stage = stage_when("failed()", stage("only", &[]));
    let mut driver = Driver::new(staged(vec![stage], vec![legs]));
    let lines = driver.input(RunInput::Start);
    assert_eq!(lines[1], "only.m.x/0 Skipped");
    assert_eq!(lines[3], "only.m.y/0 Skipped");
}

#[test]
fn a_matrix_that_is_made_of_a_secret_gives_nothing_of_it_away() {
    let legs = computed("dependencies.gen.outputs['s.legs']", job("m", &[0]));
    let mut driver = Driver::started(plan(vec![job("gen", &[]), legs]));
    let mut secret = output("s.legs", "{'hush': {'Key': 'hunter2'}}");
    secret.secret = true;
    assert_eq!(
        driver.end_with("gen", StepResult::Succeeded, vec![secret]),
        ["m is m.Job1", "start m.Job1"]
    );
    let key = driver.given("m.Job1", "Key").unwrap();
    assert_eq!((&*key.value, key.secret), ("hunter2", true));
}
