//! Plays single games.

use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_bisect::{Candidate, Found, Search, Seen};
use stepwell_event::SkipKind;

/// What a version that is bad from `culprit` on is.
pub(crate) fn verdict(candidate: Candidate, culprit: u32) -> Seen {
    let bad = u32::from(candidate.0 >= culprit);
    Seen::Trials { good: 1 - bad, bad }
}

/// Judges one version after the other; gives what was found and how often was judged.
pub(crate) fn one_by_one(
    mut search: Search,
    mut judge: impl FnMut(Candidate) -> Seen,
) -> (Option<Found>, u32) {
    let mut runs = 0;
    loop {
        let next = search.next(1);
        let Some(start) = next.start.first() else {
            return (next.found, runs);
        };
        runs += 1;
        search.observe(start.candidate, judge(start.candidate));
    }
}

/// What a game with several judgements at a time cost.
pub(crate) struct Cost {
    /// How often judgements were begun when none was going on.
    pub(crate) rounds: u32,
    /// Judgements begun.
    pub(crate) runs: u32,
    /// How long it took.
    pub(crate) time: f64,
    /// How long judgements took together, until they ended or were cancelled.
    pub(crate) busy: f64,
}

/// Judges up to `slots` versions side by side, each for as long as `duration` says. If they are in
/// step, none begins before all others have ended.
pub(crate) fn side_by_side(
    mut search: Search,
    slots: usize,
    in_step: bool,
    culprit: u32,
    mut duration: impl FnMut() -> f64,
) -> Cost {
    let mut running: BTreeMap<Candidate, (f64, f64)> = BTreeMap::new();
    let mut cost = Cost {
        rounds: 0,
        runs: 0,
        time: 0.0,
        busy: 0.0,
    };
    loop {
        loop {
            let next = search.next(slots - running.len());
            for candidate in &next.cancel {
                if let Some((start, _)) = running.remove(candidate) {
                    cost.busy += cost.time - start;
                }
            }
            if next.found.is_some() {
                return cost;
            }
            cost.rounds += u32::from(running.is_empty() && !next.start.is_empty());
            for start in &next.start {
                cost.runs += 1;
                let end = cost.time + duration();
                running.insert(start.candidate, (cost.time, end));
            }
            if next.cancel.is_empty() || running.len() == slots {
                break;
            }
        }
        let ends = running.values().map(|(_, end)| *end);
        cost.time = if in_step {
            ends.fold(0.0, f64::max)
        } else {
            ends.fold(f64::INFINITY, f64::min)
        };
        // All that is ready is taken before anything is decided.
        let now = cost.time;
        for (candidate, (start, end)) in running.extract_if(.., |_, (_, end)| *end <= now) {
            cost.busy += end - start;
            search.observe(candidate, verdict(candidate, culprit));
        }
    }
}

/// Versions that cannot be judged.
pub(crate) struct Gap(pub(crate) BTreeSet<u32>);

impl Gap {
    /// Each of `0..count` with a probability.
    pub(crate) fn scattered(random: &mut Random, count: u32, probability: f64) -> Self {
        Self((0..count).filter(|_| random.happens(probability)).collect())
    }

    /// `size` neighbours of 1000 versions, anywhere.
    pub(crate) fn block(random: &mut Random, size: u32) -> Self {
        let first = random.below(1000 - size);
        Self((first..first + size).collect())
    }

    /// `size` neighbours of 1000 versions, with the middle one among them.
    pub(crate) fn middle(random: &mut Random, size: u32) -> Self {
        let first = 500 - random.below(size);
        Self((first..first + size).collect())
    }

    /// What of a version is seen.
    pub(crate) fn verdict(&self, candidate: Candidate, culprit: u32) -> Seen {
        if self.0.contains(&candidate.0) {
            Seen::Untestable(SkipKind::BuildBroken)
        } else {
            verdict(candidate, culprit)
        }
    }
}

/// A number of a game's statistics: the mean and the 95th percentile.
pub(crate) fn mean_and_p95(mut runs: Vec<u32>) -> (f64, f64) {
    runs.sort_unstable();
    let sum: f64 = runs.iter().map(|runs| f64::from(*runs)).sum();
    let p95 = runs.get(runs.len() * 95 / 100).copied().unwrap_or(0);
    (sum / runs.len() as f64, f64::from(p95))
}
