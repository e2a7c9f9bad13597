//! Rates that are learned while they are used.
//!
//! The two rates are not replaced by the likeliest ones but summed over: over a grid of [`NODES`] values
//! for each, even in the angle whose squared sine is the rate, in which a rate is known equally well
//! everywhere. Two things are known from the start: the rates add up to less than 1, and a good version
//! is found good more often than not. Without the second, some searches whose culprit is the oldest
//! suspect did not end: all versions look alike then, as they do if it is the newest.
//!
//! Averaged over all rates that are believed in, what is believed of a conclusion is right. At one
//! rate it is not: if many trials are wrong, some searches look by chance as if few were, and end
//! early on a wrong suspect. So at most a [`CAUTION`]th of the doubt that is wanted is left when such a
//! search ends, and [`HONESTY`] times what is left is stated. Both were picked among several values by
//! simulations with Beta(1, 9) on both sides and a wanted confidence of 0.95: they are no theorem, and
//! hold for rates of up to 30 %. The table `learned` of the simulation plays them again. In 10,000 games
//! each, of 1000 suspects, and rates of 0, 1, 10, 20 and 30 % on both sides, 1.000, 1.000, 1.000, 0.999
//! and 0.989 (standard error 0.001) were right where 0.994 to 0.996 was stated.

use super::classes::Counts;
use super::rates::Outlook;
use super::refused;
use crate::search::OptionsError;

/// How much less doubt than wanted is left in the end.
pub(super) const CAUTION: f64 = 30.0;

/// How much more doubt is stated than is left.
pub(super) const HONESTY: f64 = 4.1;

/// Values of each rate.
const NODES: usize = 32;

/// Trials up to which powers are kept. Their products do not vanish.
const TABLED: u32 = 1000;

/// What is believed of a rate at first: of each value of it, but for a factor.
#[derive(Debug)]
struct Believed {
    parts: [f64; NODES],
    logs: [f64; NODES],
}

/// Powers of each value of a rate but for a factor, and its logarithm; one row for each exponent.
type Powers = Vec<([f64; NODES], f64)>;

/// What is believed of the rates at first.
#[derive(Debug)]
pub(super) struct Learned {
    false_bad: Believed,
    false_good: Believed,
    /// Each value, ascending; the one at `k` and the one at `NODES - 1 - k` add up to 1.
    rates: [f64; NODES],
    /// Of the rates, and of what they are less than 1.
    powers: [Powers; 2],
}

impl Learned {
    pub(super) fn new(false_bad: (f64, f64), false_good: (f64, f64)) -> Result<Self, OptionsError> {
        let usable = |x: f64| x > 0.0 && x.is_finite();
        if ![false_bad, false_good]
            .iter()
            .all(|(a, b)| usable(*a) && usable(*b))
        {
            return Err(refused("beliefs about rates are two positive numbers each"));
        }
        let mut rates = [0.0; NODES];
        for (place, rate) in rates.iter_mut().enumerate() {
            let angle = (place as f64 + 0.5) / NODES as f64 * std::f64::consts::FRAC_PI_2;
            *rate = libm::sin(angle) * libm::sin(angle);
        }
        let believed = |(a, b): (f64, f64)| {
            let logs =
                rates.map(|rate| (a - 0.5) * libm::log(rate) + (b - 0.5) * libm::log(1.0 - rate));
            let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let logs = logs.map(|log| log - greatest);
            Believed {
                parts: logs.map(libm::exp),
                logs,
            }
        };
        Ok(Self {
            false_bad: believed(false_bad),
            false_good: believed(false_good),
            rates,
            powers: [Powers::new(), Powers::new()],
        })
    }

    /// Makes room for this many trials.
    pub(super) fn reach(&mut self, trials: u32) {
        let [rates, less] = [self.rates, self.rates.map(|rate| 1.0 - rate)];
        for (rows, rates) in self.powers.iter_mut().zip([rates, less]) {
            let rows_wanted = trials.min(TABLED) as usize + 1;
            while rows.len() < rows_wanted {
                let (mut row, log) = rows.last().copied().unwrap_or(([1.0; NODES], 0.0));
                if !rows.is_empty() {
                    for (power, rate) in row.iter_mut().zip(rates) {
                        *power *= rate;
                    }
                }
                let (row, scale) = scaled(row);
                rows.push((row, log + scale));
            }
        }
    }

    /// How likely these trials are at each value of a rate, but for a factor, and its logarithm.
    fn side(&self, believed: &Believed, wrong: u32, right: u32) -> ([f64; NODES], f64) {
        let [wrongs, rights] = &self.powers;
        if wrong.saturating_add(right) <= TABLED
            && let Some((wrong, log)) = wrongs.get(wrong as usize)
            && let Some((right, more)) = rights.get(right as usize)
        {
            let mut parts = believed.parts;
            for ((part, wrong), right) in parts.iter_mut().zip(wrong).zip(right) {
                *part *= wrong * right;
            }
            return (parts, log + more);
        }
        let mut parts = believed.logs;
        for (part, rate) in parts.iter_mut().zip(self.rates) {
            *part += f64::from(wrong) * libm::log(rate) + f64::from(right) * libm::log(1.0 - rate);
        }
        let greatest = parts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (parts.map(|part| libm::exp(part - greatest)), greatest)
    }

    pub(super) fn outlook(&self, of_good: Counts, of_bad: Counts) -> Outlook {
        let (false_bad, scale_bad) = self.side(&self.false_bad, of_good.bad, of_good.good);
        let (false_good, scale_good) = self.side(&self.false_good, of_bad.good, of_bad.bad);
        // A trial is right more often than wrong on the two sides together: the rates add up to less
        // than 1. So the values of the one go with ever more of the other.
        let (mut sum, mut sum_rate) = (0.0, 0.0);
        let (mut all, mut all_bad, mut all_good) = (0.0, 0.0, 0.0);
        let pairs = false_bad
            .iter()
            .zip(&self.rates)
            .rev()
            .zip(false_good.iter().zip(&self.rates));
        for ((bad, bad_rate), (good, good_rate)) in pairs {
            if *bad_rate < 0.5 {
                all += bad * sum;
                all_bad += bad * bad_rate * sum;
                all_good += bad * sum_rate;
            }
            sum += good;
            sum_rate += good * good_rate;
        }
        Outlook {
            likelihood: scale_bad + scale_good + libm::log(all),
            bad_of_bad: 1.0 - all_good / all,
            bad_of_good: all_bad / all,
        }
    }
}

/// The same numbers so that the greatest is 1, and the logarithm of what it was.
fn scaled(row: [f64; NODES]) -> ([f64; NODES], f64) {
    let greatest = row.iter().copied().fold(0.0, f64::max);
    (row.map(|value| value / greatest), libm::log(greatest))
}
