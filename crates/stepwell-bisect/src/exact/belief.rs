//! Where the culprit is thought to be, and what it costs to look.

use crate::history::Candidate;
use crate::search::Options;

/// How much of the whole is shared out evenly, so that no version is ever thought impossible: a wrong
/// belief makes a search longer, never its result wrong.
const DOUBT: f64 = 1e-3;

/// Beliefs and costs that differ from version to version.
#[derive(Debug, Clone)]
pub(crate) struct Belief {
    /// How likely each version is to blame; sums to 1.
    masses: Vec<f64>,
    /// What judging each costs; empty if all the same.
    costs: Vec<f64>,
}

impl Belief {
    /// Nothing if all versions are alike.
    pub(crate) fn new(options: &Options, versions: usize) -> Option<Self> {
        if options.prior.is_empty() && options.costs.is_empty() {
            return None;
        }
        let even = 1.0 / versions as f64;
        let total: f64 = options.prior.iter().sum();
        let masses = if options.prior.is_empty() {
            vec![even; versions]
        } else {
            let share = |weight: &f64| weight / total * (1.0 - DOUBT) + even * DOUBT;
            options.prior.iter().map(share).collect()
        };
        Some(Self {
            masses,
            costs: options.costs.clone(),
        })
    }

    pub(crate) fn mass(&self, candidate: Candidate) -> f64 {
        self.masses.get(candidate.index()).copied().unwrap_or(0.0)
    }

    /// What is learned for each unit of cost by a judgement whose probability of being bad is `share`.
    pub(crate) fn worth(&self, candidate: Candidate, share: f64) -> f64 {
        entropy(share) / self.costs.get(candidate.index()).copied().unwrap_or(1.0)
    }
}

/// The entropy of something of this probability, in bits.
fn entropy(share: f64) -> f64 {
    let part = |share: f64| {
        if share > 0.0 {
            -share * libm::log2(share)
        } else {
            0.0
        }
    };
    part(share) + part(1.0 - share)
}
