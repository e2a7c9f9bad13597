//! How often a trial is wrong, and what follows for how likely trials are.

use super::classes::Counts;
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

/// What is known of the rates.
#[derive(Debug)]
pub(super) enum Rates {
    /// All.
    Known(Known),
}

impl Rates {
    pub(super) fn new(noise: Noise) -> Result<Self, OptionsError> {
        let known = match noise {
            Noise::None => Known {
                false_bad: 0.0,
                false_good: 0.0,
            },
            Noise::Known {
                false_bad,
                false_good,
            } => Known {
                false_bad,
                false_good,
            },
            Noise::Learned { .. } => return Err(refused("rates are not learned yet")),
        };
        let possible = 0.0..1.0;
        if !possible.contains(&known.false_bad)
            || !possible.contains(&known.false_good)
            || known.false_bad + known.false_good >= 1.0
        {
            return Err(refused(
                "trials that are wrong as often as right say nothing: \
                 the rates of false bad and false good add up to less than 1",
            ));
        }
        Ok(Self::Known(known))
    }

    pub(super) fn outlook(&self, of_good: Counts, of_bad: Counts) -> Outlook {
        match self {
            Self::Known(known) => known.outlook(of_good, of_bad),
        }
    }

    /// Makes rates that are said to be 0 greater. Says whether there was one.
    pub(super) fn raise(&mut self) -> bool {
        match self {
            Self::Known(known) => known.raise(),
        }
    }
}

/// Rates that are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Known {
    /// A good version is found bad.
    false_bad: f64,
    /// A bad version is found good.
    false_good: f64,
}

/// What a rate that is said to be 0 becomes when only a wrong trial explains what was seen. Too high
/// costs some trials, too low costs accuracy.
const FLOOR: f64 = 0.1;

impl Known {
    fn outlook(&self, of_good: Counts, of_bad: Counts) -> Outlook {
        Outlook {
            likelihood: power(of_good.bad, self.false_bad)
                + power(of_good.good, 1.0 - self.false_bad)
                + power(of_bad.good, self.false_good)
                + power(of_bad.bad, 1.0 - self.false_good),
            bad_of_bad: 1.0 - self.false_good,
            bad_of_good: self.false_bad,
        }
    }

    fn raise(&mut self) -> bool {
        let mut raised = false;
        for rate in [&mut self.false_bad, &mut self.false_good] {
            if *rate <= 0.0 {
                *rate = FLOOR;
                raised = true;
            }
        }
        raised
    }
}

/// The logarithm of a probability to the power of a count.
fn power(count: u32, probability: f64) -> f64 {
    if count == 0 {
        0.0
    } else {
        f64::from(count) * libm::log(probability)
    }
}

/// The entropy of something that happens with this probability, in nats.
pub(super) fn entropy(probability: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * libm::log(p) } else { 0.0 };
    part(probability) + part(1.0 - probability)
}
