//! When steps and jobs run.

use stepwell_event::StepResult;
use stepwell_plan::Condition;

/// Whether a step runs in a job whose status so far is `status`.
pub(crate) fn step_runs(condition: Condition, status: StepResult) -> bool {
    match condition {
        Condition::Always => true,
        Condition::Succeeded => is_success(status),
        Condition::Failed => status == StepResult::Failed,
        Condition::SucceededOrFailed => is_success(status) || status == StepResult::Failed,
    }
}

/// Whether a job runs whose direct and indirect dependencies ended with `results`.
///
/// Every condition but `always()` also asks that the run is not being canceled.
pub(crate) fn job_runs(condition: Condition, results: &[StepResult], canceling: bool) -> bool {
    let succeeded = || results.iter().all(|result| is_success(*result));
    let failed = || results.contains(&StepResult::Failed);
    match condition {
        Condition::Always => true,
        _ if canceling => false,
        Condition::Succeeded => succeeded(),
        Condition::Failed => failed(),
        Condition::SucceededOrFailed => failed() || succeeded(),
    }
}

/// Whether the status counts as success for the status functions.
pub(crate) fn is_success(status: StepResult) -> bool {
    matches!(
        status,
        StepResult::Succeeded | StepResult::SucceededWithIssues
    )
}

/// The condition as the pipeline file writes it.
pub(crate) fn text(condition: Condition) -> &'static str {
    Condition::ALL
        .iter()
        .find(|(_, listed)| *listed == condition)
        .map_or("", |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepResult::{Canceled, Failed, Skipped, Succeeded, SucceededWithIssues};

    #[test]
    fn status_functions_of_a_step_look_at_the_job_so_far() {
        let statuses = [Succeeded, SucceededWithIssues, Failed, Canceled];
        for (condition, runs) in [
            (Condition::Always, [true, true, true, true]),
            (Condition::Failed, [false, false, true, false]),
            (Condition::Succeeded, [true, true, false, false]),
            (Condition::SucceededOrFailed, [true, true, true, false]),
        ] {
            assert_eq!(
                statuses.map(|status| step_runs(condition, status)),
                runs,
                "{condition:?}"
            );
        }
    }

    #[test]
    fn status_functions_of_a_job_look_at_its_dependencies() {
        let check = |results: &[StepResult], runs: [bool; 4]| {
            let conditions = Condition::ALL.map(|(_, condition)| condition);
            assert_eq!(
                conditions.map(|condition| job_runs(condition, results, false)),
                runs,
                "{results:?}"
            );
            assert_eq!(
                conditions.map(|condition| job_runs(condition, results, true)),
                [false, false, true, false],
                "{results:?} while canceling"
            );
        };
        // In the order of `Condition::ALL`: succeeded, failed, always, succeededOrFailed.
        check(&[], [true, false, true, true]);
        check(&[Succeeded, SucceededWithIssues], [true, false, true, true]);
        check(&[Succeeded, Failed], [false, true, true, true]);
        check(&[Skipped, Failed], [false, true, true, true]);
        check(&[Skipped, Succeeded], [false, false, true, false]);
        check(&[Succeeded, Skipped], [false, false, true, false]);
        check(&[Canceled], [false, false, true, false]);
    }
}
