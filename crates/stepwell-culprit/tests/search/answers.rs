//! What a judge answers.

use stepwell_culprit::Answer;
use stepwell_event::{Observation, SkipKind, Verdict};

pub(crate) fn observed(verdict: Verdict) -> Answer {
    let (good_trials, bad_trials) = match verdict {
        Verdict::Good => (1, 0),
        Verdict::Bad => (0, 1),
        Verdict::Skip(_) => (0, 0),
    };
    Answer::Judged(Observation {
        verdict,
        reason: format!("{verdict:?}"),
        good_trials,
        bad_trials,
        signature: None,
        measurements: Vec::new(),
        evidence: Vec::new(),
        cacheable: true,
    })
}

/// A failure with this signature.
pub(crate) fn failing(signature: &str) -> Answer {
    changed(Verdict::Bad, |observation| {
        observation.signature = Some(signature.to_owned());
    })
}

/// Some trials, of which most decide.
pub(crate) fn of_trials(good: u32, bad: u32) -> Answer {
    let verdict = if good > bad {
        Verdict::Good
    } else {
        Verdict::Bad
    };
    changed(verdict, |observation| {
        (observation.good_trials, observation.bad_trials) = (good, bad);
    })
}

fn changed(verdict: Verdict, change: impl FnOnce(&mut Observation)) -> Answer {
    let mut answer = observed(verdict);
    if let Answer::Judged(observation) = &mut answer {
        change(observation);
    }
    answer
}

pub(crate) fn skip(kind: SkipKind) -> Answer {
    observed(Verdict::Skip(kind))
}
