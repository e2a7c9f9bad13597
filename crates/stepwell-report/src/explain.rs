//! Why a step ended as it did.

use crate::hostile::hostile;
use crate::text::{amount, bytes, count, delay, duration};
use stepwell_event::{Denial, Issue, IssueSeverity, Kept, RunState, StepRecord, StepResult};

/// What the step used in one line: time, and fuel where that was counted.
pub(crate) fn usage(record: &StepRecord) -> String {
    let mut text = duration(record.usage.wall_us);
    let fuel = record.usage.fuel;
    text.extend(fuel.map(|fuel| format!(", fuel {}", amount(fuel))));
    text
}

/// The reason with the number of problems, in one line; `None` when there is nothing to say.
pub(crate) fn why(record: &StepRecord) -> Option<String> {
    match (reason(record), problems(record)) {
        (Some(reason), Some(problems)) => Some(format!("{reason} ({problems})")),
        (reason, problems) => reason.or(problems),
    }
}

/// The reason in one line; `None` for a step that needs none.
pub(crate) fn reason(record: &StepRecord) -> Option<String> {
    if let Some(reason) = &record.reason {
        return Some(hostile(reason).into_owned());
    }
    // A step that declared itself done is stopped, which is no reason for anything.
    if record.result == StepResult::Succeeded {
        return None;
    }
    let outcome = record.outcome.as_ref()?;
    (!outcome.is_success()).then(|| outcome.name().replace('-', " "))
}

fn problems(record: &StepRecord) -> Option<String> {
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

/// Why an attempt failed, and when the next one follows.
pub(crate) fn retry(retry: u32, delay_ms: u64, reason: &str) -> String {
    let when = match delay_ms {
        0 => "at once".to_owned(),
        delay_ms => format!("in {}", delay(delay_ms)),
    };
    format!("failed: {}; retry {retry} {when}", hostile(reason))
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

/// What was kept of a step; `None` for what is no news to a reader.
pub(crate) fn kept(kept: &Kept) -> Option<String> {
    Some(match kept {
        Kept::CoreDump { path, bytes: size } => format!(
            "core dump: {} ({}), which holds all that the step knew, secrets included",
            hostile(path),
            bytes(*size)
        ),
        Kept::Nothing { what, reason } => {
            format!("{} is not kept: {}", hostile(what), hostile(reason))
        }
        Kept::Workspace { .. } => return None,
    })
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
