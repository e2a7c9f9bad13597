//! The end of a step: from what the sandbox saw and what the step said of itself to one record.

use super::{Claim, Step};
use crate::line::MAX_LINE;
use crate::reason::{self, Bound};
use crate::result::name;
use crate::scope::{Scope, clip};
use stepwell_event::{
    Denial, Frame, LineKind, Outcome, RunEvent, StepRecord, StepReport, StepResult, Stream, Usage,
};

/// Bytes of a reason: it is one line of a summary.
const MAX_REASON: usize = 500;

/// Lines of a backtrace or of a failure's details that are printed.
const MAX_EXPLANATION: usize = 100;

/// What is thought of a step that ended.
pub(crate) struct Verdict {
    /// The result before `continue-on-error` has its say.
    pub(crate) result: StepResult,
    /// Why it is not success; empty if it is. Masked.
    pub(crate) reason: String,
    outcome: Outcome,
    usage: Usage,
}

impl Verdict {
    /// Whether another try may end better.
    pub(crate) fn is_worth_a_retry(&self) -> bool {
        self.result == StepResult::Failed
            && !matches!(
                self.outcome,
                Outcome::TimedOut { .. } | Outcome::Canceled { .. } | Outcome::Lost { .. }
            )
    }

    /// The step was to be tried again, and then its job was canceled.
    pub(crate) fn canceled_before(self, retry: u32, why: &str) -> Self {
        Self {
            result: StepResult::Canceled,
            reason: clip(
                format!(
                    "{why} while the step waited for retry {retry}; before that: {}",
                    self.reason
                ),
                MAX_REASON,
            ),
            ..self
        }
    }
}

impl Step {
    /// The guest has ended: what is left of its output is printed or followed.
    pub(crate) fn close(&mut self, scope: &mut Scope, out: &mut Vec<RunEvent>) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let mut buffer = std::mem::take(self.buffer(stream));
            buffer.end();
            self.drain(stream, &mut buffer, scope, out);
        }
    }

    /// What to think of it; `canceled` is why it was asked to stop, where there is more to say than
    /// that.
    pub(crate) fn judge(
        &mut self,
        report: StepReport,
        bound: &Bound,
        canceled: Option<&str>,
        scope: &Scope,
        out: &mut Vec<RunEvent>,
    ) -> Verdict {
        let outcome = masked(report.outcome, scope);
        let (result, reason) = if self.done {
            self.claimed()
        } else {
            self.explain(&outcome, out);
            self.judge_outcome(&outcome, bound, report.read_stdin)
        };
        let mut reason = reason.unwrap_or_default();
        if result == StepResult::Canceled
            && let Some(why) = canceled
        {
            reason = format!("canceled: {why}");
        }
        Verdict {
            result,
            reason: scope.clean_within(&reason, MAX_REASON),
            outcome,
            usage: report.usage,
        }
    }

    /// The step is over.
    pub(crate) fn finish(
        self,
        verdict: Verdict,
        scope: &Scope,
        out: &mut Vec<RunEvent>,
    ) -> StepResult {
        let (result, reason) = tolerate(verdict.result, verdict.reason, self.continue_on_error);
        let record = StepRecord {
            result,
            outcome: Some(verdict.outcome),
            reason: (result != StepResult::Succeeded).then(|| clip(reason, MAX_REASON)),
            usage: verdict.usage,
            errors: self.errors,
            warnings: self.warnings,
            denials: self
                .denials
                .into_iter()
                .map(|denial| Denial {
                    capability: scope.clean(&denial.capability),
                    target: scope.clean(&denial.target),
                    grant: denial.grant.map(|grant| scope.clean(&grant)),
                })
                .collect(),
        };
        out.push(self.place.finished(record));
        result
    }

    /// Prints what a reader needs to find the cause. The marks at the start keep a guest's words
    /// from looking like a line of Stepwell.
    fn explain(&self, outcome: &Outcome, out: &mut Vec<RunEvent>) {
        match outcome {
            Outcome::Trapped { backtrace, .. } => {
                self.print_explanation(backtrace.iter().map(describe), out);
            }
            Outcome::Failed {
                details: Some(details),
                ..
            } => self.print_explanation(details.lines().map(|line| format!("  | {line}")), out),
            _ => {}
        }
    }

    fn print_explanation(&self, mut lines: impl Iterator<Item = String>, out: &mut Vec<RunEvent>) {
        for line in lines.by_ref().take(MAX_EXPLANATION) {
            out.push(self.place.line(LineKind::Host, clip(line, MAX_LINE)));
        }
        if lines.next().is_some() {
            let more = "  … more is not shown".to_owned();
            out.push(self.place.line(LineKind::Host, more));
        }
    }

    /// The result of a step that declared itself done: what it says counts, whatever the sandbox saw
    /// of an end that was forced on it.
    fn claimed(&mut self) -> (StepResult, Option<String>) {
        self.judge_outcome(&Outcome::Succeeded, &Bound::default(), false)
    }

    /// The result and why it is not success.
    fn judge_outcome(
        &mut self,
        outcome: &Outcome,
        bound: &Bound,
        read_stdin: bool,
    ) -> (StepResult, Option<String>) {
        let seen = match outcome {
            Outcome::Succeeded => StepResult::Succeeded,
            Outcome::Canceled { .. } => StepResult::Canceled,
            _ => StepResult::Failed,
        };
        let mut reason = reason::of_outcome(outcome, bound);
        if read_stdin
            && seen == StepResult::Failed
            && let Some(reason) = &mut reason
        {
            reason.push_str("; it asked to read standard input, which is closed");
        }
        let mut result = seen;
        if let Some(Claim {
            result: claimed,
            message,
        }) = self.claim.take()
        {
            // A claim is about work that went to its end; it does not change what was seen.
            if seen == StepResult::Succeeded {
                result = claimed;
            }
            if claimed != StepResult::Succeeded && reason.is_none() {
                reason = Some(if message.is_empty() {
                    format!("the step reported the result {}", name(claimed))
                } else {
                    message
                });
            }
        }
        if result == StepResult::Succeeded && (self.errors > 0 || self.warnings > 0) {
            result = StepResult::SucceededWithIssues;
            reason = Some(format!(
                "reported {}",
                reason::issues(self.errors, self.warnings)
            ));
        }
        (result, reason)
    }
}

/// The result and reason of a step whose failures may be asked not to count.
pub(crate) fn tolerate(
    result: StepResult,
    why: String,
    continue_on_error: bool,
) -> (StepResult, String) {
    if result == StepResult::Failed && continue_on_error {
        let why = format!("failed but continue-on-error is set: {why}");
        (StepResult::SucceededWithIssues, why)
    } else {
        (result, why)
    }
}

fn describe(frame: &Frame) -> String {
    match &frame.location {
        Some(location) => format!("  at {} ({location})", frame.function),
        None => format!("  at {}", frame.function),
    }
}

/// The outcome without secrets.
fn masked(outcome: Outcome, scope: &Scope) -> Outcome {
    let clean = |text: String| scope.mask.apply(&text).into_owned();
    match outcome {
        Outcome::Failed {
            message,
            code,
            details,
        } => Outcome::Failed {
            message: clean(message),
            code,
            details: details.map(clean),
        },
        Outcome::Trapped { trap, backtrace } => Outcome::Trapped {
            trap,
            backtrace: backtrace
                .into_iter()
                .map(|frame| Frame {
                    function: clean(frame.function),
                    location: frame.location.map(clean),
                })
                .collect(),
        },
        Outcome::Unusable { message } => Outcome::Unusable {
            message: clean(message),
        },
        Outcome::Lost { cause, message } => Outcome::Lost {
            cause,
            message: clean(message),
        },
        Outcome::HostFailed { message } => Outcome::HostFailed {
            message: clean(message),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::result::{parse, worse};

    #[derive(serde::Deserialize)]
    struct Table {
        case: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        current: String,
        new: String,
        merged: String,
    }

    #[test]
    fn results_merge_as_the_agent_merges_them() {
        let text = include_str!("../../tests/tables/merging.toml");
        let table: Table = toml::from_str(text).unwrap();
        for case in &table.case {
            let [current, new, merged] =
                [&case.current, &case.new, &case.merged].map(|text| parse(text).unwrap());
            assert_eq!(worse(current, new), merged, "{current:?} and {new:?}");
        }
        println!("semantics: 4.1 {}", table.case.len());
    }
}
