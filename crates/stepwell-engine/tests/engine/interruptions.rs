//! Steps whose worker process was lost.

use crate::fixture::{Driver, output, report, step};
use stepwell_engine::JobInput;
use stepwell_event::{LostCause, Outcome, StepReport, StepResult, Usage};
use stepwell_plan::PlannedStep;

fn lost() -> JobInput {
    let outcome = Outcome::Lost {
        cause: LostCause::Crashed,
        message: "killed by signal 9".to_owned(),
    };
    JobInput::StepEnded(StepReport {
        usage: Usage {
            wall_us: 10,
            cpu_us: 5,
            fuel: Some(7),
            memory_peak: 100,
            output_bytes: 3,
            ..Usage::default()
        },
        ..report(outcome)
    })
}

#[test]
fn a_step_runs_again_when_its_worker_is_lost_and_what_that_used_counts() {
    let mut driver = Driver::started(vec![step()]);
    driver.guest(output("half a li")).unwrap();
    driver.input(lost());
    driver.expect(&[
        "> half a li",
        "Host> the worker process was lost (killed by signal 9): running the step again, 1 of 2",
        "run 0",
    ]);
    let usage = Usage {
        wall_us: 1,
        fuel: Some(1),
        memory_peak: 50,
        ..Usage::default()
    };
    driver.input(JobInput::StepEnded(StepReport {
        usage,
        ..report(Outcome::Succeeded)
    }));
    let record = driver.record.clone().unwrap();
    assert_eq!(record.result, StepResult::Succeeded);
    let expect = Usage {
        wall_us: 11,
        cpu_us: 5,
        fuel: Some(8),
        memory_peak: 100,
        output_bytes: 3,
        ..Usage::default()
    };
    assert_eq!(record.usage, expect);
    let attempts: Vec<_> = driver
        .recorded
        .iter()
        .map(|(attempt, ..)| *attempt)
        .collect();
    assert_eq!(attempts, [1, 2]);
}

#[test]
fn a_step_whose_workers_are_lost_three_times_has_failed_whatever_its_retries() {
    let stubborn = PlannedStep {
        retries: 5,
        ..step()
    };
    let mut driver = Driver::started(vec![stubborn]);
    driver.input(lost());
    driver.input(lost());
    assert_eq!(driver.running, Some(0));
    driver.input(lost());
    assert!(driver.is_finished());
    let record = driver.record.unwrap();
    assert_eq!(record.result, StepResult::Failed);
    let reason = "the worker process was lost: killed by signal 9";
    assert_eq!(record.reason.as_deref(), Some(reason));
    assert_eq!((record.usage.wall_us, record.usage.fuel), (30, Some(21)));
}

#[test]
fn a_step_is_not_run_again_once_its_job_is_to_end() {
    let mut driver = Driver::started(vec![step()]);
    driver.input(JobInput::Cancel { now: true });
    driver.input(lost());
    assert!(driver.is_finished());
}

#[test]
fn what_a_lost_attempt_has_set_stays_and_can_be_set_again() {
    let named = PlannedStep {
        name: Some("one".to_owned()),
        ..step()
    };
    let two = PlannedStep {
        env: vec![("SEEN".to_owned(), "$(one.x) $(y)".to_owned())],
        ..step()
    };
    let mut driver = Driver::started(vec![named, two]);
    let set = |x: &str| {
        output(&format!(
            "##vso[task.setvariable variable=x;isoutput=true]{x}\n"
        ))
    };
    driver.guest(set("early")).unwrap();
    let other = "##vso[task.setvariable variable=y]kept\n";
    driver.guest(output(other)).unwrap();
    driver.input(lost());
    driver.guest(set("late")).unwrap();
    driver.end(Outcome::Succeeded);
    assert_eq!(driver.env("SEEN"), Some("late kept"));
}
