//! Output variables: who can read what of whom, by which name (section 2.7 of the reference).

use crate::fixture::{Driver, computed, job, output, plan, stage, staged};
use std::num::NonZeroU32;
use stepwell_engine::{JobEnd, RunInput};
use stepwell_event::StepResult;
use stepwell_plan::{PlannedJob, PlannedLeg, PlannedStrategy, PlannedVariable, VariableValue};

fn with(variables: Vec<PlannedVariable>, job: PlannedJob) -> PlannedJob {
    PlannedJob { variables, ..job }
}

fn text(name: &str, value: &str) -> PlannedVariable {
    PlannedVariable {
        name: name.to_owned(),
        value: VariableValue::Text(value.to_owned()),
        read_only: false,
        secret: false,
    }
}

#[track_caller]
fn check_seen(driver: &Driver, id: &str, expect: &str) {
    let seen = driver.given(id, "seen").map(|variable| &*variable.value);
    assert_eq!(seen, Some(expect));
}

#[test]
fn a_job_reads_what_a_job_of_its_stage_left() {
    let seen = computed("seen", "dependencies.A.outputs['step.var']");
    let missing = computed("missing", "dependencies.A.outputs['step.nope']");
    let mut driver = Driver::started(plan(vec![
        job("A", &[]),
        with(vec![seen, missing], job("B", &[0])),
    ]));
    driver.end_with("A", StepResult::Succeeded, vec![output("step.var", "yes")]);
    check_seen(&driver, "B", "yes");
    assert_eq!(driver.given("B", "missing").map(|v| &*v.value), Some(""));
}

#[test]
fn a_job_reads_what_a_leg_or_a_slice_left() {
    let mut legs = job("A", &[]);
    let leg = |name: &str| PlannedLeg {
        name: name.into(),
        variables: Vec::new(),
    };
    legs.strategy = PlannedStrategy::Matrix {
        legs: vec![leg("leg"), leg("other")],
        max_parallel: None,
    };
    let seen = computed("seen", "dependencies.A.outputs['LEG.step.var']");
    let mut driver = Driver::started(plan(vec![legs, with(vec![seen], job("B", &[0]))]));
    for (leg, value) in [("A.other", "no"), ("A.leg", "yes")] {
        driver.end_with(leg, StepResult::Succeeded, vec![output("step.var", value)]);
    }
    check_seen(&driver, "B", "yes");

    let mut slices = job("A", &[]);
    slices.strategy = PlannedStrategy::Slices(NonZeroU32::new(2).unwrap());
    let seen = computed("seen", "dependencies.A.outputs['Job2.step.var']");
    let mut driver = Driver::started(plan(vec![slices, with(vec![seen], job("B", &[0]))]));
    for (slice, value) in [("A.Job1", "one"), ("A.Job2", "two")] {
        driver.end_with(
            slice,
            StepResult::Succeeded,
            vec![output("step.var", value)],
        );
    }
    check_seen(&driver, "B", "two");
}

#[test]
fn a_job_reads_what_a_job_of_an_earlier_stage_left() {
    let seen = computed("seen", "stageDependencies.first.A.outputs['step.var']");
    let late = PlannedJob {
        stage: 2,
        ..with(vec![seen], job("C", &[]))
    };
    let middle = PlannedJob {
        stage: 1,
        ..job("B", &[])
    };
    let mut driver = Driver::started(staged(
        vec![
            stage("first", &[]),
            stage("second", &[0]),
            stage("third", &[1]),
        ],
        vec![job("A", &[]), middle, late],
    ));
    let outputs = vec![output("step.var", "yes")];
    driver.end_with("first.A", StepResult::Succeeded, outputs);
    driver.end("second.B", StepResult::Succeeded);
    check_seen(&driver, "third.C", "yes");
}

#[test]
fn what_holds_a_secret_output_is_secret() {
    let seen = computed(
        "seen",
        "format('<{0}>', dependencies.A.outputs['step.key'])",
    );
    let loud = computed("loud", "upper(dependencies.A.outputs['step.key'])");
    let other = computed("other", "dependencies.A.result");
    let mut driver = Driver::started(plan(vec![
        job("A", &[]),
        with(vec![seen, loud, other], job("B", &[0])),
    ]));
    let mut key = output("step.key", "hush");
    key.secret = true;
    driver.end_with("A", StepResult::Succeeded, vec![key]);
    for (name, value) in [("seen", "<hush>"), ("loud", "HUSH")] {
        let seen = driver.given("B", name).unwrap();
        assert_eq!(
            (&*seen.value, seen.secret, seen.untrusted),
            (value, true, true)
        );
    }
    let other = driver.given("B", "other").unwrap();
    assert_eq!((&*other.value, other.secret), ("Succeeded", false));
}

#[test]
fn a_job_comes_before_its_stage_and_that_before_the_pipeline() {
    let mut first = stage("first", &[]);
    first.variables = vec![text("greeting", "stage"), text("Place", "stage")];
    let driver = Driver::started(staged(
        vec![first],
        vec![with(vec![text("PLACE", "job")], job("A", &[]))],
    ));
    let value = |name| driver.given("first.A", name).map(|v| &*v.value);
    assert_eq!(value("Greeting"), Some("stage"));
    assert_eq!(value("Place"), Some("job"));
    assert_eq!(value("System.StageName"), Some("first"));
}

#[test]
fn what_the_runner_sets_cannot_be_replaced() {
    let own = text("System.JobName", "mine");
    let driver = Driver::started(plan(vec![with(vec![own], job("A", &[]))]));
    let name = driver.given("A", "System.JobName").unwrap();
    assert_eq!((&*name.value, name.read_only), ("A", true));
}

#[test]
fn what_one_job_knew_is_hidden_by_all_that_start_later() {
    let mut driver = Driver::started(plan(vec![job("A", &[]), job("B", &[]), job("C", &[0])]));
    let instance = driver.starts[0].0;
    let end = JobEnd {
        result: StepResult::Succeeded,
        outputs: Vec::new(),
        secrets: vec!["hush".to_owned()],
    };
    driver.input(RunInput::JobFinished { instance, end });
    let hidden = driver
        .starts
        .iter()
        .map(|(_, start)| start.secrets.as_slice());
    let none: &[String] = &[];
    assert_eq!(
        hidden.collect::<Vec<_>>(),
        [none, none, &["hush".to_owned()]]
    );
}
