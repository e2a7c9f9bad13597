//! Steps that are run again.

use crate::rig::{Control, Rig, job, plan};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use stepwell_event::{Outcome, RunEvent, RunResult, StepResult};
use stepwell_plan::PlannedJob;
use stepwell_runner::CancelLevel;

/// A job whose step is run again three times at most.
fn stubborn() -> PlannedJob {
    let mut stubborn = job("stubborn", &[]);
    stubborn.steps[0].retries = 3;
    stubborn
}

#[test]
fn a_step_that_failed_is_run_again_after_a_while_and_can_succeed() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let script = move |_, _| {
        let attempt = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match attempt {
                0 => Outcome::ExitCode { code: 3 },
                _ => Outcome::Succeeded,
            }
        }
    };
    let began = Instant::now();
    let (result, events) = Rig::new().run(plan(vec![stubborn()]), script, Control::rest);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
    assert!(began.elapsed() >= Duration::from_secs(1));
    let retries = events.iter().filter_map(|envelope| match &envelope.event {
        RunEvent::StepRetried {
            retry,
            delay_ms,
            reason,
            ..
        } => Some((*retry, *delay_ms, reason.as_str())),
        _ => None,
    });
    assert_eq!(retries.collect::<Vec<_>>(), [(1, 1000, "exit code 3")]);
}

#[test]
fn a_step_that_waits_to_be_run_again_is_not_when_the_run_is_canceled() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let script = move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Outcome::ExitCode { code: 3 } }
    };
    let control = |mut control: Control| async move {
        control
            .wait_for(|event| matches!(event, RunEvent::StepRetried { .. }))
            .await;
        control.cancel.send_replace(CancelLevel::Gracefully);
        control.rest().await
    };
    let (result, events) = Rig::new().run(plan(vec![stubborn()]), script, control);
    assert_eq!(result.unwrap(), RunResult::Canceled);
    assert_eq!(attempts.load(Ordering::SeqCst), 1);
    assert_eq!(
        crate::rig::results(&events)
            .into_values()
            .collect::<Vec<_>>(),
        [StepResult::Canceled]
    );
}
