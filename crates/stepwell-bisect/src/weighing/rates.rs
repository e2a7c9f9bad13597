//! How often a trial is wrong, and what follows for how likely trials are.

use super::classes::Counts;
use super::learned::Learned;
use super::refused;
use crate::search::{Noise, OptionsError};

/// What follows for a suspect, or for all of a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outlook {
    /// The logarithm of how likely all that was seen is, if it is the culprit.
    pub(super) likelihood: f64,
    /// How likely the next trial of a version is bad if that version is bad.
    pub(super) bad_of_bad: f64,
    /// The same if that version is good.
    pub(super) bad_of_good: f64,
}

impl Outlook {
    /// Whether the next trial of a version says the same about both.
    pub(super) fn says_like(&self, other: &Self) -> bool {
        self.bad_of_bad == other.bad_of_bad && self.bad_of_good == other.bad_of_good
    }
}

/// What is known of the rates.
#[derive(Debug)]
pub(super) enum Rates {
    /// All.
    Known(Known),
    /// What is believed at first.
    Learned(Box<Learned>),
}

impl Rates {
    pub(super) fn new(noise: Noise) -> Result<Self, OptionsError> {
        let (false_bad, false_good) = match noise {
            Noise::None => (0.0, 0.0),
            Noise::Known {
                false_bad,
                false_good,
            } => (false_bad, false_good),
            Noise::Learned {
                false_bad,
                false_good,
            } => {
                return Ok(Self::Learned(Box::new(Learned::new(
                    false_bad, false_good,
                )?)));
            }
        };
        let possible = 0.0..1.0;
        if !possible.contains(&false_bad)
            || !possible.contains(&false_good)
            || false_bad + false_good >= 1.0
        {
            return Err(refused(
                "trials that are wrong as often as right say nothing: \
                 the rates of false bad and false good add up to less than 1",
            ));
        }
        Ok(Self::Known(Known::new(false_bad, false_good)))
    }

    pub(super) fn outlook(&self, of_good: Counts, of_bad: Counts) -> Outlook {
        match self {
            Self::Known(known) => known.outlook(of_good, of_bad),
            Self::Learned(learned) => learned.outlook(of_good, of_bad),
        }
    }

    /// Prepares for this many trials.
    pub(super) fn reach(&mut self, trials: u32) {
        match self {
            Self::Known(_) => {}
            Self::Learned(learned) => learned.reach(trials),
        }
    }

    /// Makes rates that are said to be 0 greater. Says whether there was one.
    pub(super) fn raise(&mut self) -> bool {
        let raised = match self {
            Self::Known(known) => known.raised(),
            Self::Learned(_) => None,
        };
        let any = raised.is_some();
        if let Some(raised) = raised {
            *self = Self::Known(raised);
        }
        any
    }
}

/// What a rate that is said to be 0 becomes when only a wrong trial explains what was seen. Too high
/// costs some trials, too low costs accuracy.
const FLOOR: f64 = 0.1;

/// Rates that are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// A good version is found bad.
    false_bad: f64,
    /// A bad version is found good.
    false_good: f64,
    /// The logarithms of false bad and right good, false good and right bad.
    logs: [f64; 4],
}

impl Known {
    fn new(false_bad: f64, false_good: f64) -> Self {
        let chances = [false_bad, 1.0 - false_bad, false_good, 1.0 - false_good];
        Self {
            false_bad,
            false_good,
            logs: chances.map(libm::log),
        }
    }

    fn outlook(&self, of_good: Counts, of_bad: Counts) -> Outlook {
        let counts = [of_good.bad, of_good.good, of_bad.good, of_bad.bad];
        let powers = counts
            .into_iter()
            .zip(self.logs)
            .map(|(count, log)| match count {
                // Also of what cannot happen.
                0 => 0.0,
                _ => f64::from(count) * log,
            });
        Outlook {
            likelihood: powers.sum(),
            bad_of_bad: 1.0 - self.false_good,
            bad_of_good: self.false_bad,
        }
    }

    fn raised(self) -> Option<Self> {
        let raised = |rate: f64| if rate > 0.0 { rate } else { FLOOR };
        (self.false_bad <= 0.0 || self.false_good <= 0.0)
            .then(|| Self::new(raised(self.false_bad), raised(self.false_good)))
    }
}

/// The entropy of something that happens with this probability, in nats.
pub(super) fn entropy(probability: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * libm::log(p) } else { 0.0 };
    part(probability) + part(1.0 - probability)
}
