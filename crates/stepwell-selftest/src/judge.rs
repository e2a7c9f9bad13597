//! From what was seen to what it means. Nothing here runs anything.

use crate::case::{Case, Must};
use crate::place::Place;
use crate::recorder::Heard;
use stepwell_event::{Outcome, StepReport};
use stepwell_sandbox::LoadErrorKind;

/// One program that ran, or did not.
pub(crate) struct Ran {
    pub(crate) end: End,
    pub(crate) heard: Heard,
}

/// How a program ended.
pub(crate) enum End {
    /// As a step.
    Step(Box<StepReport>),
    /// It was not even loaded.
    NotLoaded(LoadErrorKind, String),
}

impl Ran {
    /// How it ended, in a few words.
    pub(crate) fn describe(&self) -> String {
        match &self.end {
            End::NotLoaded(kind, message) => format!("not loaded ({kind:?}): {message}"),
            End::Step(report) => match &report.outcome {
                Outcome::Trapped { trap, .. } => format!("trapped: {}", trap.describe()),
                Outcome::LimitExceeded { limit, value, .. } => {
                    format!("limit of {value} {} reached", limit.describe())
                }
                Outcome::Failed { message, .. } => {
                    format!("failed: {}", message.get(..60).unwrap_or(message))
                }
                Outcome::HostFailed { message }
                | Outcome::Lost { message, .. }
                | Outcome::Unusable { message } => {
                    format!("{}: {message}", report.outcome.name())
                }
                Outcome::ExitCode { code } => format!("exited with {code}"),
                other => other.name().to_owned(),
            },
        }
    }

    /// What it claims to have been able to do.
    fn claims(&self) -> impl Iterator<Item = &str> {
        self.heard
            .log
            .lines()
            .filter_map(|line| line.strip_prefix("through: "))
    }

    /// How much it tried, if it says so.
    fn tried(&self) -> u64 {
        let mut lines = self.heard.log.lines();
        let told = lines.find_map(|line| line.strip_prefix("tried: ")?.parse().ok());
        told.unwrap_or_default()
    }
}

/// What is wrong with how one program of a case ended; nothing if the attempt was held.
pub(crate) fn judge(case: &Case, is_guest: bool, ran: &Ran, place: &Place) -> Vec<String> {
    let mut wrong: Vec<String> = ran.claims().map(str::to_owned).collect();
    if !fits(case.must, is_guest, ran) {
        wrong.push(format!("ended otherwise than it must: {}", ran.describe()));
    }
    if let End::Step(report) = &ran.end
        && let Outcome::HostFailed { message } = &report.outcome
    {
        wrong.push(format!("the host failed: {message}"));
    }
    if let Some(capability) = case.denied {
        let denials = &ran.heard.denials;
        if !denials.iter().any(|denial| denial.capability == capability) {
            wrong.push(format!("no denial of `{capability}` is on its record"));
        }
    }
    if place.is_changed_outside() {
        wrong.push("something outside of the workspace was changed".to_owned());
    }
    if let Some(check) = case.check
        && let Err(problem) = check(ran, place)
    {
        wrong.push(problem);
    }
    wrong
}

fn fits(must: Must, is_guest: bool, ran: &Ran) -> bool {
    if let Must::Any(musts) = must {
        return musts.iter().any(|must| fits(*must, is_guest, ran));
    }
    let report = match (&ran.end, must) {
        (End::NotLoaded(kind, _), Must::NotLoad(kinds)) => return kinds.contains(kind),
        (End::NotLoaded(..), _) | (_, Must::NotLoad(_)) => return false,
        (End::Step(report), _) => report,
    };
    match (must, &report.outcome) {
        (Must::TimeOut, Outcome::TimedOut { .. })
        | (Must::Cancel, Outcome::Canceled { graceful: false })
        | (Must::Fail, Outcome::Failed { .. }) => true,
        (Must::Reach(limit), Outcome::LimitExceeded { limit: reached, .. }) => limit == *reached,
        (Must::Trap(traps), Outcome::Trapped { trap, .. }) => traps.contains(trap),
        (Must::Exit(code), Outcome::ExitCode { code: exited }) => code == *exited,
        // A program that does nothing is refused nothing.
        (Must::Succeed | Must::Exit(0), Outcome::Succeeded) => {
            !is_guest || matches!(must, Must::Exit(_)) || ran.tried() > 0
        }
        (Must::End, outcome) => !matches!(
            outcome,
            Outcome::HostFailed { .. } | Outcome::Lost { .. } | Outcome::Unusable { .. }
        ),
        _ => false,
    }
}
