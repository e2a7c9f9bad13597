//! Why a step ended as it did.

use crate::hostile::hostile;
use crate::text::{bytes, count};
use crate::words::step_word;
use stepwell_event::{Denial, Issue, IssueSeverity, Outcome, RunState, StepRecord, StepResult};

/// Guests may give any number of details and frames.
const LINES: usize = 20;

/// The reason in one line; `None` for a step without one.
pub(crate) fn reason(record: &StepRecord) -> Option<String> {
    if let Some(reason) = &record.reason {
        return Some(hostile(reason).into_owned());
    }
    match (&record.outcome, record.result) {
        (_, StepResult::Succeeded | StepResult::Skipped) => None,
        (Some(outcome), _) if !outcome.is_success() => Some(outcome.name().replace('-', " ")),
        (_, StepResult::SucceededWithIssues) => None,
        (_, result) => Some(step_word(result).to_owned()),
    }
}

/// How many problems the step reported; `None` for none.
pub(crate) fn problems(record: &StepRecord) -> Option<String> {
    let part = |number: u32, noun| {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        (number > 0).then(|| count(number, noun))
    };
    let parts = [
        part(record.errors, "error"),
        part(record.warnings, "warning"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Everything else that helps to understand the end of the step, line by line.
pub(crate) fn details(record: &StepRecord) -> Vec<String> {
    let mut lines: Vec<String> = record.denials.iter().map(denial).collect();
    match &record.outcome {
        Some(Outcome::Failed {
            details: Some(details),
            ..
        }) => {
            let shown = details.lines().take(LINES);
            lines.extend(shown.map(|line| hostile(line).into_owned()));
            rest(&mut lines, details.lines().count());
        }
        Some(Outcome::Trapped { backtrace, .. }) => {
            lines.extend(backtrace.iter().take(LINES).map(|frame| {
                let function = hostile(&frame.function);
                match &frame.location {
                    Some(location) => format!("at {function} ({})", hostile(location)),
                    None => format!("at {function}"),
                }
            }));
            rest(&mut lines, backtrace.len());
        }
        _ => {}
    }
    if record.usage.output_dropped > 0 {
        let dropped = bytes(record.usage.output_dropped);
        lines.push(format!("{dropped} of output dropped: the log is full"));
    }
    lines
}

fn rest(lines: &mut Vec<String>, count: usize) {
    if let Some(more @ 1..) = count.checked_sub(LINES) {
        lines.push(format!("… and {more} more"));
    }
}

/// What was refused, and what would allow it.
pub(crate) fn denial(denial: &Denial) -> String {
    let (capability, target) = (hostile(&denial.capability), hostile(&denial.target));
    match &denial.grant {
        Some(grant) => format!(
            "denied: {capability} {target} (allow with `{}`)",
            hostile(grant)
        ),
        None => format!("denied: {capability} {target}"),
    }
}

/// A problem in the form that editors jump to.
pub(crate) fn issue(issue: &Issue) -> String {
    let mut text = String::from(match issue.severity {
        IssueSeverity::Warning => "warning: ",
        IssueSeverity::Error => "error: ",
    });
    if let Some(path) = &issue.path {
        text.push_str(&hostile(path));
        for number in [issue.line, issue.column]
            .into_iter()
            .map_while(|number| number)
        {
            text.push_str(&format!(":{number}"));
        }
        text.push_str(": ");
    }
    text.push_str(&hostile(&issue.message));
    if let Some(code) = &issue.code {
        text.push_str(&format!(" [{}]", hostile(code)));
    }
    text
}

/// What a person calls the step; its number when the plan was not seen.
pub(crate) fn label(state: &RunState, job: &str, step: u32) -> String {
    match state.step(job, step) {
        Some(step) => hostile(&step.label).into_owned(),
        None => format!("step {}", u64::from(step) + 1),
    }
}
