//! What is done when there is no judgement. It never becomes a verdict.

use crate::judge::Answer;
use std::time::Duration;
use stepwell_event::{JudgeRefusal, Observation, Outcome, ProbeEnd, SkipKind, Verdict};

/// Times that one version is judged again if the oracle says "later", the machine fails, or the time
/// runs out.
const AGAIN: u32 = 3;

/// How long to wait before the first repetition; it doubles with each.
const WAIT: Duration = Duration::from_millis(200);

/// Calls of a backtrace that are told.
const FRAMES: usize = 8;

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum After {
    /// It is as it is.
    Done,
    /// The same version is judged again after this time, with another seed.
    Again(Duration),
    /// The search ends, for this reason.
    End(String),
}

/// What follows from the answer of the attempt with this number, from 0.
pub(crate) fn after(answer: &Answer, attempt: u32) -> After {
    let again = || After::Again(WAIT.saturating_mul(1 << attempt.min(8)));
    match answer {
        Answer::Judged(observation) if is_of_the_machine(observation) => match attempt < AGAIN {
            true => again(),
            false => After::End(undone(observation, attempt + 1)),
        },
        Answer::Judged(_) | Answer::Stopped => After::Done,
        Answer::Refused(JudgeRefusal::Transient(_)) if attempt < AGAIN => again(),
        Answer::Refused(JudgeRefusal::Transient(why)) => After::End(format!(
            "the oracle could not judge, {} times: {why}",
            attempt + 1
        )),
        Answer::Refused(JudgeRefusal::Abort(why)) => {
            After::End(format!("the oracle ended the search: {why}"))
        }
        Answer::Refused(JudgeRefusal::Misconfigured(why)) => After::End(format!(
            "the oracle cannot be used as it is configured: {why}"
        )),
        Answer::Failed(Outcome::Lost { .. } | Outcome::HostFailed { .. }) if attempt < AGAIN => {
            again()
        }
        // The second time it is no accident of the machine.
        Answer::Failed(outcome) if attempt == 0 && !matches!(outcome, Outcome::Unusable { .. }) => {
            again()
        }
        Answer::Failed(outcome) => After::End(failed(outcome)),
        Answer::Impossible(why) => After::End(why.clone()),
    }
}

/// Whether it says something about the machine or the time, and not about the version.
pub(crate) fn is_of_the_machine(observation: &Observation) -> bool {
    matches!(
        observation.verdict,
        Verdict::Skip(SkipKind::Infrastructure | SkipKind::Timeout)
    )
}

/// Whether later searches may have it instead of a judgement.
pub(crate) fn is_worth_keeping(observation: &Observation) -> bool {
    observation.cacheable && !is_of_the_machine(observation)
}

/// Why a search ends at a version at which the machine failed, or the time ran out, each time.
fn undone(observation: &Observation, times: u32) -> String {
    let what = match observation.verdict {
        Verdict::Skip(SkipKind::Timeout) => "the time ran out",
        _ => "the machine failed",
    };
    let reason = &observation.reason;
    format!("{what} {times} times, which says nothing about the version: {reason}")
}

/// How a judgement ended, for the journal.
pub(crate) fn end_of(answer: &Answer) -> ProbeEnd {
    match answer {
        Answer::Judged(observation) if is_of_the_machine(observation) => ProbeEnd::Failed {
            why: observation.reason.clone(),
        },
        Answer::Judged(observation) => ProbeEnd::Judged {
            observation: observation.clone(),
            cached: false,
        },
        Answer::Stopped => ProbeEnd::Canceled,
        Answer::Refused(
            JudgeRefusal::Abort(why)
            | JudgeRefusal::Transient(why)
            | JudgeRefusal::Misconfigured(why),
        ) => ProbeEnd::Failed { why: why.clone() },
        Answer::Failed(outcome) => ProbeEnd::Failed {
            why: failed(outcome),
        },
        Answer::Impossible(why) => ProbeEnd::Failed { why: why.clone() },
    }
}

/// Why an oracle gave no answer.
pub(crate) fn failed(outcome: &Outcome) -> String {
    let Some(why) = stepwell_engine::in_words(outcome, "oracle") else {
        return "the oracle ended without an answer".to_owned();
    };
    match outcome {
        Outcome::Trapped { backtrace, .. } => {
            let calls = backtrace.iter().take(FRAMES);
            let calls: Vec<&str> = calls.map(|frame| frame.function.as_str()).collect();
            format!(
                "the oracle did not answer: {why}; called by: {}",
                calls.join(" < ")
            )
        }
        _ => format!("the oracle did not answer: {why}"),
    }
}
