//! Checking a conclusion once more, apart from the search that came to it.

use crate::history::{Candidate, History};

/// A rate below this is not trusted when reruns are counted.
const LEAST_RATE: f64 = 0.1;

/// How many reruns there have to be for all of them to be wrong at most with probability
/// `1 - certainty`, if each is wrong at `rate`: 8 for a certainty of `1 - 1e-8` and rates up to 10 %. At least 1.
#[must_use]
pub fn reruns(certainty: f64, rate: f64) -> u32 {
    let rate = rate.clamp(LEAST_RATE, 0.99);
    let doubt = (1.0 - certainty).clamp(f64::EPSILON, 1.0);
    let count = libm::log(doubt) / libm::log(rate);
    // 1e-8 / 0.1 is not quite a power of ten.
    (count - 1e-6).ceil().max(1.0) as u32
}

/// What shows that a conclusion is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refutation {
    /// One trial that is good.
    AnyGood,
    /// One trial that is bad.
    AnyBad,
    /// No trial that is good.
    NoGood,
    /// No trial that is bad.
    NoBad,
}

/// A version that is judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rerun {
    /// Which; none is what the history descends from, which is known to be good.
    pub candidate: Option<Candidate>,
    /// How often.
    pub trials: u32,
    /// What refutes the conclusion.
    pub refuted_by: Refutation,
}

impl Rerun {
    /// Whether these trials refute the conclusion.
    #[must_use]
    pub fn refuted(&self, good: u32, bad: u32) -> bool {
        match self.refuted_by {
            Refutation::AnyGood => good > 0,
            Refutation::AnyBad => bad > 0,
            Refutation::NoGood => good == 0,
            Refutation::NoBad => bad == 0,
        }
    }
}

/// What is to be judged again before `culprit` is blamed, or before it is said that no version is:
/// the culprit and its parents, or the newest version.
///
/// The rates are those of single trials. A side that is never wrong must not be wrong once; of a side
/// that may be, one right trial is enough.
#[must_use]
pub fn verification(
    history: &History,
    culprit: Option<Candidate>,
    false_bad: f64,
    false_good: f64,
    certainty: f64,
) -> Vec<Rerun> {
    let bad = |candidate: Candidate| Rerun {
        candidate: Some(candidate),
        trials: reruns(certainty, false_good),
        refuted_by: if false_good > 0.0 {
            Refutation::NoBad
        } else {
            Refutation::AnyGood
        },
    };
    let good = |candidate: Option<Candidate>| Rerun {
        candidate,
        trials: reruns(certainty, false_bad),
        refuted_by: if false_bad > 0.0 {
            Refutation::NoGood
        } else {
            Refutation::AnyBad
        },
    };
    let Some(culprit) = culprit else {
        return vec![good(Some(history.bad()))];
    };
    let parents = history.parents(culprit);
    let mut plan = vec![bad(culprit)];
    if parents.is_empty() {
        plan.push(good(None));
    }
    plan.extend(parents.iter().map(|parent| good(Some(*parent))));
    plan
}
