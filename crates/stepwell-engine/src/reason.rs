//! Why a step did not succeed, as one line for a person.

use std::fmt::Write;
use stepwell_event::{Frame, LimitKind, Outcome, StepResult, TrapKind};
use stepwell_expr::Expression;
use stepwell_plan::count;

/// Characters of a guest's word in a reason.
const MAX_WORD: usize = 120;

/// What set a limit that a step has reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The limits of its task.
    Task {
        /// The task's name.
        task: String,
        /// The most that the limit can be; `None` is anything.
        most: Option<u64>,
    },
    /// A limit of the step itself.
    Step,
    /// What the steps of the job have together.
    Job,
}

impl Default for Bound {
    fn default() -> Self {
        Self::Task {
            task: String::new(),
            most: None,
        }
    }
}

impl Bound {
    /// The limit, its value and the use, and what raises it.
    pub(crate) fn exceeded(&self, limit: LimitKind, value: u64, used: u64) -> String {
        let amount = |amount| match limit.is_bytes() {
            true => size(amount),
            false => count::format(amount),
        };
        let key = limit.spec().key;
        let raised_by = match self {
            Self::Task { task, most } => {
                let most = most.map(|most| format!(", at most {}", amount(most)));
                let most = most.unwrap_or_default();
                format!("`limits.{key}` of task `{task}`{most}")
            }
            Self::Step => format!("`{key}` of the step"),
            Self::Job => format!("`{key}` of the job"),
        };
        let verb = match limit {
            LimitKind::Fuel => "used",
            _ => "asked",
        };
        let (what, used, value) = (limit.describe(), amount(used), amount(value));
        format!("{what}: {used} {verb}, limit {value} ({raised_by})")
    }
}

/// What happened to a guest that did not succeed, in one line; `None` if it did. `task` is what the
/// pipeline file calls it.
#[must_use]
pub fn in_words(outcome: &Outcome, task: &str) -> Option<String> {
    let bound = Bound::Task {
        task: task.to_owned(),
        most: None,
    };
    of_outcome(outcome, &bound)
}

/// What happened to a guest that did not succeed; `None` if it did. `bound` is what set the limit that
/// it has reached.
pub(crate) fn of_outcome(outcome: &Outcome, bound: &Bound) -> Option<String> {
    Some(match outcome {
        Outcome::Succeeded => return None,
        Outcome::ExitCode { code } => format!("exit code {code}"),
        Outcome::Failed { message, code, .. } => match first_line(message) {
            "" => format!("failed with exit code {code} and no message"),
            line => line.to_owned(),
        },
        Outcome::Trapped { trap, backtrace } => trapped(*trap, backtrace.first()),
        Outcome::TimedOut { limit_ms } => format!("timed out after {}", duration(*limit_ms)),
        Outcome::LimitExceeded { limit, value, used } => bound.exceeded(*limit, *value, *used),
        Outcome::Canceled { .. } => "canceled".to_owned(),
        Outcome::Unusable { message } => format!("the component cannot run: {message}"),
        Outcome::Lost { message, .. } => format!("the worker process was lost: {message}"),
        Outcome::HostFailed { message } => format!("stepwell failed: {message}"),
    })
}

fn trapped(trap: TrapKind, innermost: Option<&Frame>) -> String {
    let mut reason = match trap {
        TrapKind::Other => "trap".to_owned(),
        _ => format!("trap: {}", trap.describe()),
    };
    if let Some(frame) = innermost {
        let function: String = frame.function.chars().take(MAX_WORD).collect();
        // Writing to a string cannot fail.
        let _ = write!(reason, " in `{function}`");
    }
    reason
}

/// The first line of a text that has something on it.
pub(crate) fn first_line(text: &str) -> &str {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
}

/// What the status of a job says about the steps so far.
pub(crate) fn of_status(status: StepResult) -> &'static str {
    match status {
        StepResult::Canceled => "the job was canceled",
        StepResult::Failed => "an earlier step failed",
        _ => "no earlier step failed",
    }
}

/// Why a stage or job does not start whose condition is false. `culprit` is something before it that
/// failed, or else was canceled or skipped.
pub(crate) fn not_started(
    what: &str,
    condition: &Expression,
    culprit: Option<(&str, StepResult)>,
    canceling: bool,
) -> String {
    let plain = ["succeeded()", "failed()", "succeededOrFailed()"];
    let text = condition.text();
    let status = plain.iter().any(|known| text.eq_ignore_ascii_case(known));
    let why = match culprit {
        _ if !status => String::new(),
        _ if canceling => ": the run was canceled".to_owned(),
        Some((name, result)) if !text.eq_ignore_ascii_case("failed()") => {
            let happened = match result {
                StepResult::Failed => "failed",
                StepResult::Canceled => "was canceled",
                _ => "was skipped",
            };
            format!(": {what} `{name}` {happened}")
        }
        _ => format!(": no {what} before it failed"),
    };
    format!("condition `{text}` of the {what} is false{why}")
}

/// `2 errors and 1 warning`.
pub(crate) fn issues(errors: u32, warnings: u32) -> String {
    let count = |number: u32, what: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {what}{plural}")
    };
    match (errors, warnings) {
        (_, 0) => count(errors, "error"),
        (0, _) => count(warnings, "warning"),
        _ => format!(
            "{} and {}",
            count(errors, "error"),
            count(warnings, "warning")
        ),
    }
}

/// A number of bytes in its largest fitting unit, rounded up, so that what is over a limit looks so.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let Some((unit, shift)) = units.into_iter().find(|(_, shift)| bytes >> shift > 0) else {
        return format!("{bytes} bytes");
    };
    let tenths = (u128::from(bytes) * 10).div_ceil(1 << shift);
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        rest => format!("{}.{rest} {unit}", tenths / 10),
    }
}

/// A time in the units of people.
pub(crate) fn duration(millis: u64) -> String {
    match (millis / 1_000, millis % 1_000) {
        (0, millis) => format!("{millis} ms"),
        (seconds @ 0..120, 0) => format!("{seconds} s"),
        (seconds @ 0..120, millis) => {
            let fraction = format!("{millis:03}");
            format!("{seconds}.{} s", fraction.trim_end_matches('0'))
        }
        (seconds, _) => match (seconds / 60, seconds % 60) {
            (minutes, 0) => format!("{minutes} min"),
            (minutes, seconds) => format!("{minutes} min {seconds} s"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_event::LimitKind;

    #[test]
    fn outcomes_are_told_in_one_line() {
        let bound = Bound::Task {
            task: "x".to_owned(),
            most: Some(1 << 30),
        };
        let check = |outcome: Outcome, expect: &str| {
            assert_eq!(of_outcome(&outcome, &bound).unwrap_or_default(), expect);
        };
        let failed = |message: &str| Outcome::Failed {
            message: message.to_owned(),
            code: 7,
            details: None,
        };
        let frame = Frame {
            function: "recurse".to_owned(),
            location: Some("a.rs:1".to_owned()),
        };
        let limit = |limit, value, used| Outcome::LimitExceeded { limit, value, used };
        check(Outcome::Succeeded, "");
        check(Outcome::ExitCode { code: 3 }, "exit code 3");
        check(
            failed("\n no license in a.txt \nmore"),
            "no license in a.txt",
        );
        check(failed(" \n"), "failed with exit code 7 and no message");
        check(
            Outcome::Trapped {
                trap: TrapKind::StackOverflow,
                backtrace: vec![frame.clone()],
            },
            "trap: call stack exhausted in `recurse`",
        );
        check(
            Outcome::Trapped {
                trap: TrapKind::Other,
                backtrace: vec![frame],
            },
            "trap in `recurse`",
        );
        check(Outcome::TimedOut { limit_ms: 1_000 }, "timed out after 1 s");
        check(
            limit(LimitKind::Memory, 32 << 20, 33 << 20),
            "memory: 33 MiB asked, limit 32 MiB (`limits.memory` of task `x`, at most 1 GiB)",
        );
        check(
            limit(LimitKind::Resources, 1_000, 1_001),
            "open resources: 1001 asked, limit 1k (`limits.resources` of task `x`, at most 1073741824)",
        );
        assert_eq!(
            Bound::Job.exceeded(LimitKind::Fuel, 50_000_000_000, 50_000_000_001),
            "fuel: 50000000001 used, limit 50G (`fuel` of the job)"
        );
        assert_eq!(
            Bound::Step.exceeded(LimitKind::Fuel, 7, 8),
            "fuel: 8 used, limit 7 (`fuel` of the step)"
        );
        check(Outcome::Canceled { graceful: true }, "canceled");
    }

    #[test]
    fn amounts_are_told_in_fitting_units() {
        for (bytes, expect) in [
            (0, "0 bytes"),
            (1_023, "1023 bytes"),
            (1_024, "1 KiB"),
            (1_536, "1.5 KiB"),
            ((32 << 20) + (64 << 10), "32.1 MiB"),
            (3 << 30, "3 GiB"),
            (u64::MAX, "17179869184 GiB"),
        ] {
            assert_eq!(size(bytes), expect);
        }
        for (millis, expect) in [
            (5, "5 ms"),
            (1_500, "1.5 s"),
            (90_000, "90 s"),
            (600_000, "10 min"),
            (601_000, "10 min 1 s"),
        ] {
            assert_eq!(duration(millis), expect);
        }
    }

    #[test]
    fn issues_are_counted_in_words() {
        assert_eq!(issues(1, 0), "1 error");
        assert_eq!(issues(0, 2), "2 warnings");
        assert_eq!(issues(2, 1), "2 errors and 1 warning");
    }
}
