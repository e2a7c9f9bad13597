//! Two levels of canceling.

use crate::rig::{Control, Rig, job, plan, results, step};
use std::sync::Arc;
use stepwell_event::{Envelope, Outcome, RunEvent, RunResult, StepResult};
use stepwell_expr::{Expression, Names};
use stepwell_plan::PlannedJob;
use stepwell_runner::CancelLevel;
use tokio::sync::Notify;

/// A job that works, and cleans up, and a job after it.
fn jobs() -> Vec<PlannedJob> {
    let mut first = job("work", &[]);
    first.steps.push(step("next", "succeeded()"));
    first.steps.push(step("cleanup", "always()"));
    let always = PlannedJob {
        condition: Expression::condition("always()", &Names::JOB_CONDITION).unwrap(),
        ..job("report", &[0])
    };
    vec![first, job("later", &[0]), always]
}

/// Cancels at `levels`, one after the other, while the first step works. The step ends when the
/// request has reached it.
fn cancel(levels: &'static [CancelLevel]) -> Vec<Envelope> {
    let release = Arc::new(Notify::new());
    let released = Arc::clone(&release);
    let script = move |name: String, _| {
        let released = Arc::clone(&released);
        async move {
            if name != "work" {
                return Outcome::Succeeded;
            }
            released.notified().await;
            Outcome::Canceled { graceful: true }
        }
    };
    let control = |mut control: Control| async move {
        control
            .wait_for(|event| matches!(event, RunEvent::StepStarted { .. }))
            .await;
        for level in levels {
            control.cancel.send_replace(*level);
            control
                .wait_for(|event| matches!(event, RunEvent::CancelRequested { .. }))
                .await;
        }
        // The jobs were told in the same breath as the event was recorded.
        release.notify_one();
        control.rest().await
    };
    let (result, events) = Rig::new().run(plan(jobs()), script, control);
    assert_eq!(result.unwrap(), RunResult::Canceled);
    events
}

#[track_caller]
fn check(events: &[Envelope], expect: &[(&str, u32, StepResult)]) {
    let results = results(events);
    for (job, step, result) in expect {
        assert_eq!(
            results.get(&((*job).to_owned(), *step)),
            Some(result),
            "{job}/{step}"
        );
    }
    assert_eq!(results.len(), expect.len());
}

#[test]
fn canceling_lets_what_always_runs_run() {
    let events = cancel(&[CancelLevel::Gracefully]);
    check(
        &events,
        &[
            ("work", 0, StepResult::Canceled),
            ("work", 1, StepResult::Skipped),
            ("work", 2, StepResult::Succeeded),
            ("later", 0, StepResult::Skipped),
            ("report", 0, StepResult::Succeeded),
        ],
    );
}

#[test]
fn canceling_at_once_starts_nothing_else() {
    for levels in [
        &[CancelLevel::Now][..],
        &[CancelLevel::Gracefully, CancelLevel::Now],
    ] {
        let events = cancel(levels);
        check(
            &events,
            &[
                ("work", 0, StepResult::Canceled),
                ("work", 1, StepResult::Skipped),
                ("work", 2, StepResult::Skipped),
                ("later", 0, StepResult::Skipped),
                ("report", 0, StepResult::Skipped),
            ],
        );
    }
}

#[test]
fn a_run_that_is_canceled_when_it_is_over_stays_as_it_is() {
    let script = |_, _| async { Outcome::Succeeded };
    let control = |mut control: Control| async move {
        control
            .wait_for(|event| matches!(event, RunEvent::RunFinished { .. }))
            .await;
        control.cancel.send_replace(CancelLevel::Now);
    };
    let (result, ()) = Rig::new().run(plan(vec![job("a", &[])]), script, control);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
}
