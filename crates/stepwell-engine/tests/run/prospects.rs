//! What is said of a run before it runs.

use crate::fixture::{job, opening, plan, stage, stage_when, staged, when};
use stepwell_engine::forecast;
use stepwell_event::{RunEvent, StepResult};
use stepwell_plan::{Plan, PlannedJob};

fn check(plan: Plan, expect: &[(&str, StepResult)]) {
    let events = forecast(&plan, opening());
    let hindered = events.iter().filter_map(|event| match event {
        RunEvent::JobFinished { job, result, .. } => Some((&**job, *result)),
        RunEvent::StageFinished {
            stage,
            result,
            reason: Some(_),
        } => Some((&**stage, *result)),
        _ => None,
    });
    assert_eq!(hindered.collect::<Vec<_>>(), expect);
}

#[test]
fn only_what_would_not_start_is_told() {
    check(
        plan(vec![
            job("a", &[]),
            when("failed()", job("notify", &[0])),
            when("eq(variables.Greeting, 'hello')", job("greet", &[0])),
            job("after", &[1]),
            when("always()", job("clean", &[3])),
            when("lt(1, 'x')", job("odd", &[])),
            when("eq(dependencies.a.outputs['s.v'], '1')", job("told", &[0])),
        ]),
        &[
            ("odd", StepResult::Failed),
            ("notify", StepResult::Skipped),
            ("after", StepResult::Skipped),
        ],
    );
}

#[test]
fn a_stage_is_told_with_its_jobs() {
    let second = stage_when("ne(variables.Greeting, 'hello')", stage("second", &[0]));
    let inner = PlannedJob {
        stage: 1,
        ..job("b", &[])
    };
    check(
        staged(
            vec![stage("first", &[]), second],
            vec![job("a", &[]), inner],
        ),
        &[
            ("second.b", StepResult::Skipped),
            ("second", StepResult::Skipped),
        ],
    );
}
