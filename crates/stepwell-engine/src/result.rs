//! How results combine.
//!
//! There are two rules, because Azure has two: the agent's for what happens inside of a job, where
//! the worse wins, and the server's for jobs of a run, where the first of failed and canceled stays.

use stepwell_event::{RunResult, StepResult};

/// The result of a step or job that had `current` and now also has `new`.
///
/// What is worse than a failure was decided by somebody else than the step, so it stays.
pub(crate) fn worse(current: StepResult, new: StepResult) -> StepResult {
    if current > StepResult::Failed {
        current
    } else {
        current.max(new)
    }
}

/// The result of a run that had `current`, now that a job ended with `new`.
pub(crate) fn merge_into_run(current: RunResult, new: StepResult) -> RunResult {
    match (current, new) {
        (RunResult::Failed | RunResult::Canceled, _) => current,
        (_, StepResult::Canceled) => RunResult::Canceled,
        (_, StepResult::Failed) => RunResult::Failed,
        (_, StepResult::SucceededWithIssues) => RunResult::PartiallySucceeded,
        (_, StepResult::Succeeded | StepResult::Skipped) => current,
    }
}

/// The result of a stage that had `current`, now that a job ended with `new`: failed and canceled
/// stay, and what was skipped changes nothing.
pub(crate) fn merge_into_stage(current: StepResult, new: StepResult) -> StepResult {
    match (current, new) {
        (StepResult::Failed | StepResult::Canceled, _) | (_, StepResult::Skipped) => current,
        _ => current.max(new),
    }
}

/// The result of a job that had `current`, now that one of its legs ended with `new`. A leg that
/// failed says more than one that was canceled, and one that ran more than one that was skipped.
pub(crate) fn worse_leg(current: Option<StepResult>, new: StepResult) -> StepResult {
    let rank = |result: StepResult| match result {
        StepResult::Skipped => 0,
        StepResult::Succeeded => 1,
        StepResult::SucceededWithIssues => 2,
        StepResult::Canceled => 3,
        StepResult::Failed => 4,
    };
    current
        .into_iter()
        .fold(new, |worst, other| match rank(other) > rank(worst) {
            true => other,
            false => worst,
        })
}

/// The results with the names and numbers that logging commands and `Agent.JobStatus` use.
const NAMES: [(&str, &str, StepResult); 5] = [
    ("Succeeded", "0", StepResult::Succeeded),
    ("SucceededWithIssues", "1", StepResult::SucceededWithIssues),
    ("Failed", "2", StepResult::Failed),
    ("Canceled", "3", StepResult::Canceled),
    ("Skipped", "4", StepResult::Skipped),
];

/// The result's name as Azure writes it.
pub(crate) fn name(result: StepResult) -> &'static str {
    NAMES
        .iter()
        .find(|(_, _, named)| *named == result)
        .map_or("", |(name, _, _)| name)
}

/// The result with Azure's name in any case, or its number.
pub(crate) fn parse(text: &str) -> Option<StepResult> {
    let named = |(name, number, _): &&(&str, &str, StepResult)| {
        name.eq_ignore_ascii_case(text) || *number == text
    };
    NAMES.iter().find(named).map(|(_, _, result)| *result)
}

/// What a step can claim, for a person.
pub(crate) const CLAIMS: &str = "Succeeded, SucceededWithIssues or Failed";

/// Whether a step can claim `result` for itself. That it was canceled or skipped is not for the
/// step to say: both would keep a failure of it from counting.
pub(crate) fn can_be_claimed(result: StepResult) -> bool {
    result <= StepResult::Failed
}

/// The result that a step claims with `text`, by Azure's name (case counts) or number.
pub(crate) fn parse_claim(text: &str) -> Option<StepResult> {
    NAMES
        .iter()
        .find(|(name, number, _)| *name == text || *number == text)
        .map(|(_, _, result)| *result)
        .filter(|result| can_be_claimed(*result))
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepResult::{Canceled, Failed, Skipped, Succeeded, SucceededWithIssues};

    #[test]
    fn inside_a_job_the_worse_result_wins_up_to_canceled() {
        for (current, new, merged) in [
            (Succeeded, Skipped, Skipped),
            (Succeeded, SucceededWithIssues, SucceededWithIssues),
            (SucceededWithIssues, Succeeded, SucceededWithIssues),
            (Failed, Succeeded, Failed),
            (Failed, Canceled, Canceled),
            (Canceled, Failed, Canceled),
            (Canceled, Skipped, Canceled),
            (Skipped, Failed, Skipped),
        ] {
            assert_eq!(worse(current, new), merged, "{current:?} and {new:?}");
        }
    }

    #[test]
    fn in_a_run_the_first_of_failed_and_canceled_stays() {
        let check = |jobs: &[StepResult], expect| {
            let run = jobs
                .iter()
                .fold(RunResult::Succeeded, |run, job| merge_into_run(run, *job));
            assert_eq!(run, expect, "{jobs:?}");
        };
        check(&[], RunResult::Succeeded);
        check(&[Skipped, Skipped], RunResult::Succeeded);
        check(&[Succeeded, Skipped], RunResult::Succeeded);
        check(
            &[SucceededWithIssues, Succeeded],
            RunResult::PartiallySucceeded,
        );
        check(
            &[SucceededWithIssues, Skipped],
            RunResult::PartiallySucceeded,
        );
        check(&[SucceededWithIssues, Failed], RunResult::Failed);
        check(&[Failed, Canceled], RunResult::Failed);
        check(&[Canceled, Failed, Succeeded], RunResult::Canceled);
    }

    #[test]
    fn claims_are_named_as_azure_names_them_and_case_counts() {
        for result in [Succeeded, SucceededWithIssues, Failed] {
            assert_eq!(parse_claim(name(result)), Some(result));
        }
        assert_eq!(parse_claim("2"), Some(Failed));
        for text in ["failed", "FAILED", "Abandoned", "5", "", " Failed"] {
            assert_eq!(parse_claim(text), None, "{text}");
        }
    }

    #[test]
    fn a_step_cannot_claim_to_be_canceled_or_skipped() {
        for text in ["Canceled", "3", "Skipped", "4"] {
            assert_eq!(parse_claim(text), None, "{text}");
        }
    }
}
