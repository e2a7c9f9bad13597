//! What is known of a version at an end of the range.
//!
//! Nothing is searched before the ends are what they are said to be. One judgement says so without
//! noise; with noise, or if trials contradict one another, judgements are repeated until one side is
//! likely enough.
//!
//! The bad end is one of the suspects: once it was found to be bad, the search weighs what else is seen
//! of it, and can find that it was a flake. A good end is not among them, so all of it counts here.

use stepwell_bisect::FLAKY_RATE;
use stepwell_event::{NoiseModel, SkipKind, Verdict};

/// How likely an end has to be what it is said to be, before it is believed: the search goes on
/// weighing it.
const ENOUGH: f64 = 0.95;

/// Judgements after which the likelier side is taken.
const MOST: u32 = 30;

/// Rates are taken to be no smaller, so that no single trial is proof.
const LEAST_RATE: f64 = 1e-6;

/// What is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// It has to be judged, or judged once more.
    Nothing,
    Good,
    Bad,
    Untestable,
}

/// A version at an end of the range.
#[derive(Debug, Clone, Default)]
pub(crate) struct End {
    judged: u32,
    good: u32,
    bad: u32,
    skipped: Option<SkipKind>,
    /// It was found to be bad, and the search weighs it now.
    handed_over: bool,
    /// What was said the last time.
    pub(crate) reason: String,
}

impl End {
    pub(crate) fn observe(&mut self, verdict: Verdict, good: u32, bad: u32, reason: &str) {
        self.judged += 1;
        self.good = self.good.saturating_add(good);
        self.bad = self.bad.saturating_add(bad);
        reason.clone_into(&mut self.reason);
        if let Verdict::Skip(kind) = verdict {
            self.skipped = Some(kind);
        }
    }

    /// Leaves it to the search from now on if it is known to be bad.
    pub(crate) fn hand_over(&mut self, noise: &NoiseModel, confidence: f64) {
        self.handed_over |= self.known(noise, true, confidence) == Known::Bad;
    }

    /// Whether its trials contradict one another.
    pub(crate) fn is_contradictory(&self) -> bool {
        self.good > 0 && self.bad > 0
    }

    /// What is known of it. `bad` says what it is said to be; the other has to be as likely as
    /// `confidence`.
    pub(crate) fn known(&self, noise: &NoiseModel, bad: bool, confidence: f64) -> Known {
        if self.handed_over {
            return Known::Bad;
        }
        if self.good == 0 && self.bad == 0 {
            return match self.skipped {
                Some(_) => Known::Untestable,
                None => Known::Nothing,
            };
        }
        let (false_bad, false_good) = match noise {
            NoiseModel::Deterministic if self.is_contradictory() => (FLAKY_RATE, FLAKY_RATE),
            NoiseModel::Deterministic => {
                return if self.bad > 0 {
                    Known::Bad
                } else {
                    Known::Good
                };
            }
            NoiseModel::Known {
                false_bad,
                false_good,
            } => (false_bad.get(), false_good.get()),
            NoiseModel::Learned {
                false_bad,
                false_good,
            } => (mean(*false_bad), mean(*false_good)),
        };
        let rate = |rate: f64| rate.clamp(LEAST_RATE, 1.0 - LEAST_RATE);
        let (false_bad, false_good) = (rate(false_bad), rate(false_good));
        let odds = f64::from(self.bad) * ((1.0 - false_good) / false_bad).ln()
            + f64::from(self.good) * (false_good / (1.0 - false_bad)).ln();
        let needed = |likely: f64| (likely / (1.0 - likely)).ln();
        let (for_bad, for_good) = match bad {
            true => (needed(ENOUGH), needed(confidence)),
            false => (needed(confidence), needed(ENOUGH)),
        };
        if odds >= for_bad || self.judged >= MOST && odds > 0.0 {
            Known::Bad
        } else if -odds >= for_good || self.judged >= MOST {
            Known::Good
        } else {
            Known::Nothing
        }
    }
}

fn mean((a, b): (stepwell_event::Finite, stepwell_event::Finite)) -> f64 {
    a.get() / (a.get() + b.get())
}
