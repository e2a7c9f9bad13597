//! What a judgement says, in words, signs and shapes.

use crate::hostile::hostile;
use crate::text::{count, duration_ms};
use stepwell_event::{
    Observation, Probe, ProbeEnd, Purpose, SkipKind, StepResult, Terms, Verdict, Version,
};

/// Characters of a hash that are shown where there is little room.
const SHORT: usize = 12;

/// How a judgement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Good,
    Bad,
    Skip,
    Canceled,
    Failed,
}

impl Mark {
    pub(super) fn of(end: &ProbeEnd) -> Self {
        match end {
            ProbeEnd::Judged { observation, .. } => match observation.verdict {
                Verdict::Good => Self::Good,
                Verdict::Bad => Self::Bad,
                Verdict::Skip(_) => Self::Skip,
            },
            ProbeEnd::Canceled => Self::Canceled,
            ProbeEnd::Failed { .. } => Self::Failed,
        }
    }

    /// The verdict, as the user calls it.
    pub(super) fn word(self, terms: &Terms) -> String {
        match self {
            Self::Good => hostile(&terms.old).into_owned(),
            Self::Bad => hostile(&terms.new).into_owned(),
            Self::Skip => "skip".to_owned(),
            Self::Canceled => "canceled".to_owned(),
            Self::Failed => "no verdict".to_owned(),
        }
    }

    pub(super) fn sign(self) -> char {
        match self {
            Self::Good => '✓',
            Self::Bad => '✗',
            Self::Skip => '–',
            Self::Canceled | Self::Failed => '!',
        }
    }

    /// The result that has the same colour.
    pub(super) fn color(self) -> Option<StepResult> {
        match self {
            Self::Good => Some(StepResult::Succeeded),
            Self::Bad => Some(StepResult::Failed),
            Self::Skip | Self::Failed => Some(StepResult::SucceededWithIssues),
            Self::Canceled => None,
        }
    }

    /// Its class in a page.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Skip => "skip",
            Self::Canceled | Self::Failed => "none",
        }
    }
}

/// The beginning of a version's hash.
pub(super) fn short(id: &str) -> String {
    hostile(id).chars().take(SHORT).collect()
}

/// A version in one line: its hash and its subject.
pub(super) fn named(version: &Version) -> String {
    format!("{} {}", short(&version.id), hostile(&version.subject))
        .trim_end()
        .to_owned()
}

/// Who wrote a version.
pub(super) fn author(version: &Version) -> String {
    let (name, email) = (
        hostile(&version.author.name),
        hostile(&version.author.email),
    );
    match (&*name, &*email) {
        ("", "") => "unknown".to_owned(),
        (name, "") => name.to_owned(),
        ("", email) => format!("<{email}>"),
        (name, email) => format!("{name} <{email}>"),
    }
}

/// How many trials there were, and in how many of several it was bad.
pub(super) fn trials(end: &ProbeEnd, terms: &Terms) -> String {
    let ProbeEnd::Judged { observation, .. } = end else {
        return String::new();
    };
    let Observation {
        good_trials,
        bad_trials,
        ..
    } = observation;
    match good_trials.saturating_add(*bad_trials) {
        0 => String::new(),
        1 => "1".to_owned(),
        all => format!("{bad_trials} of {all} {}", hostile(&terms.new)),
    }
}

/// How long it took, or that it did not have to be made.
pub(super) fn time(probe: &Probe) -> String {
    match probe.end {
        ProbeEnd::Judged { cached: true, .. } => "stored".to_owned(),
        _ => duration_ms(probe.wall_ms),
    }
}

/// Why it ended like this, and what it was made for if not for the search itself.
pub(super) fn why(probe: &Probe, terms: &Terms) -> String {
    let reverted: Vec<String> = probe.reverted.iter().map(|id| short(id)).collect();
    let without = (!reverted.is_empty()).then(|| format!("without {}", reverted.join(", ")));
    let purpose = purpose(probe.purpose, terms).into_iter().chain(without);
    let purpose = purpose.collect::<Vec<String>>().join(" ");
    let reason = reason(&probe.end);
    match (purpose.is_empty(), reason.is_empty()) {
        (true, _) => reason,
        (false, true) => purpose,
        (false, false) => format!("{purpose}: {reason}"),
    }
}

/// What a judgement is made for, if not for the search itself.
pub(super) fn purpose(purpose: Purpose, terms: &Terms) -> Option<String> {
    Some(match purpose {
        Purpose::Search => return None,
        Purpose::Base => format!("the {} end", hostile(&terms.old)),
        Purpose::Head => format!("the {} end", hostile(&terms.new)),
        Purpose::MergeBase => "where lines part".to_owned(),
        Purpose::Verify => "once more".to_owned(),
    })
}

/// Why it ended like this.
pub(super) fn reason(end: &ProbeEnd) -> String {
    match end {
        ProbeEnd::Canceled => String::new(),
        ProbeEnd::Failed { why } => hostile(why).into_owned(),
        ProbeEnd::Judged { observation, .. } => {
            let reason = hostile(&observation.reason).into_owned();
            match observation.verdict {
                Verdict::Skip(kind) if reason.is_empty() => skip(kind).to_owned(),
                Verdict::Skip(kind) => format!("{}: {reason}", skip(kind)),
                Verdict::Good | Verdict::Bad => reason,
            }
        }
    }
}

fn skip(kind: SkipKind) -> &'static str {
    match kind {
        SkipKind::BuildBroken => "does not build",
        SkipKind::TestAbsent => "has no such test",
        SkipKind::DependencyMissing => "lacks a dependency",
        SkipKind::UnrelatedFailure => "fails in another way",
        SkipKind::Timeout => "took too long",
        SkipKind::Infrastructure => "the machine failed",
        SkipKind::Other => "cannot be judged",
    }
}

/// What a judgement says of which version, in one line.
pub(super) fn told(probe: &Probe) -> String {
    let (named, reason) = (named(&probe.version), reason(&probe.end));
    match reason.is_empty() {
        true => named,
        false => format!("{named}: {reason}"),
    }
}

/// A number with its noun.
pub(super) fn many(number: u32, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), noun)
}

/// A probability, never rounded up to certainty.
pub(super) fn percent(probability: f64) -> String {
    let number = match probability * 100.0 {
        percent if percent > 99.99 && percent < 100.0 => return "more than 99.99 %".to_owned(),
        percent if percent > 0.0 && percent < 0.1 => return "less than 0.1 %".to_owned(),
        percent if percent >= 99.0 => format!("{:.2}", (percent * 100.0).floor() / 100.0),
        percent => format!("{:.1}", (percent * 10.0).floor() / 10.0),
    };
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} %")
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn what_is_not_certain_is_not_called_so() {
        let table = [
            (1.0, "100 %"),
            (0.999_999, "more than 99.99 %"),
            (0.995_99, "99.59 %"),
            (0.5, "50 %"),
            (0.123, "12.3 %"),
            (0.0001, "less than 0.1 %"),
            (0.0, "0 %"),
        ];
        for (probability, expect) in table {
            assert_eq!(percent(probability), expect);
        }
    }
}
