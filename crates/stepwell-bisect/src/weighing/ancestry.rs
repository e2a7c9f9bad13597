//! Which versions descend from which, and how much of something the ancestors of each hold.
//!
//! A version and its ancestors are a prefix of a linear history, so that running sums are enough.
//! Elsewhere only a merge needs the union of several sets. Up to [`KEPT`] versions all sets are kept and
//! sums over them are exact. In a larger history the suspects are drawn by weight, in equal strata, and
//! the sums at merges are those over the drawn ones: at most [`DRAWN`] of them, which puts a sum over a
//! stretch of the order within `1 / DRAWN` of what it is. Sums only decide what is judged next; what is
//! believed never rests on them.

use crate::history::{Candidate, History};

/// Versions up to which the ancestors of each are kept, in 2 MiB at most.
const KEPT: usize = 4096;

/// Suspects that stand for all in a larger history.
const DRAWN: usize = 1024;

/// What is summed: the weight of a suspect, and two quantities in proportion to it.
pub(super) type Amount = [f64; 3];

/// A set of versions.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    words: Vec<u64>,
}

impl Set {
    fn empty(length: usize) -> Self {
        Self {
            words: vec![0; length.div_ceil(64)],
        }
    }

    pub(super) fn contains(&self, index: usize) -> bool {
        self.words
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    fn insert(&mut self, index: usize) {
        if let Some(word) = self.words.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    fn add(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// What it holds, in ascending order.
    fn members(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(place, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(place * 64 + bit)
            })
        })
    }
}

/// How the versions of a history descend from one another.
#[derive(Debug)]
pub(super) enum Ancestry {
    /// Each from all before it.
    Linear,
    /// The version and its ancestors, of each.
    Kept(Vec<Set>),
    /// Found anew each time.
    Walked,
}

impl Ancestry {
    pub(super) fn of(history: &History) -> Self {
        let linear = history.candidates().all(|candidate| {
            let mut parents = history.parents(candidate).iter().map(|parent| parent.0 + 1);
            parents.next() == (candidate.0 > 0).then_some(candidate.0) && parents.next().is_none()
        });
        if linear {
            return Self::Linear;
        }
        if history.len() > KEPT {
            return Self::Walked;
        }
        let mut sets: Vec<Set> = Vec::with_capacity(history.len());
        for candidate in history.candidates() {
            let mut set = Set::empty(history.len());
            for parent in history.parents(candidate) {
                if let Some(parent) = sets.get(parent.index()) {
                    set.add(parent);
                }
            }
            set.insert(candidate.index());
            sets.push(set);
        }
        Self::Kept(sets)
    }

    /// The version and all its ancestors.
    pub(super) fn ancestors(&self, history: &History, candidate: Candidate) -> Set {
        match self {
            Self::Linear => {
                let mut set = Set::empty(history.len());
                let end = candidate.index() + 1;
                for (place, word) in set.words.iter_mut().enumerate() {
                    let bits = end.saturating_sub(place * 64);
                    *word = if bits >= 64 {
                        u64::MAX
                    } else {
                        (1 << bits) - 1
                    };
                }
                set
            }
            Self::Kept(sets) => sets.get(candidate.index()).cloned().unwrap_or_default(),
            Self::Walked => {
                let mut set = Set::empty(history.len());
                set.insert(candidate.index());
                let mut open = vec![candidate];
                while let Some(version) = open.pop() {
                    for parent in history.parents(version) {
                        if !set.contains(parent.index()) {
                            set.insert(parent.index());
                            open.push(*parent);
                        }
                    }
                }
                set
            }
        }
    }

    /// Writes to `sums` what each version and its ancestors hold together of `amounts`.
    pub(super) fn sums(
        &self,
        history: &History,
        amounts: impl Iterator<Item = Amount> + Clone,
        sums: &mut Vec<Amount>,
    ) {
        sums.clear();
        if matches!(self, Self::Linear) {
            sums.extend(amounts.take(history.len()).scan([0.0; 3], |sum, amount| {
                *sum = plus(Some(sum), &amount);
                Some(*sum)
            }));
            return;
        }
        let amounts: Vec<Amount> = amounts.collect();
        let drawn = matches!(self, Self::Walked).then(|| Drawn::new(history, &amounts));
        for (candidate, amount) in history.candidates().zip(&amounts) {
            let sum = match (history.parents(candidate), self, &drawn) {
                ([parent], ..) => plus(sums.get(parent.index()), amount),
                ([_, _, ..], Self::Kept(sets), _) => total(sets.get(candidate.index()), &amounts),
                ([_, _, ..], _, Some(drawn)) => {
                    total(drawn.sets.get(candidate.index()), &drawn.shares)
                }
                _ => *amount,
            };
            sums.push(sum);
        }
    }
}

fn plus(some: Option<&Amount>, [a, b, c]: &Amount) -> Amount {
    let [d, e, f] = some.unwrap_or(&[0.0; 3]);
    [a + d, b + e, c + f]
}

/// What the members of a set have together.
fn total(set: Option<&Set>, amounts: &[Amount]) -> Amount {
    set.into_iter()
        .flat_map(Set::members)
        .fold([0.0; 3], |sum, member| plus(amounts.get(member), &sum))
}

/// Suspects that stand for all, each for the same weight.
struct Drawn {
    /// What each of them stands for.
    shares: Vec<Amount>,
    /// Which of them are ancestors of each version.
    sets: Vec<Set>,
}

impl Drawn {
    fn new(history: &History, amounts: &[Amount]) -> Self {
        let total: f64 = amounts.iter().map(|[weight, ..]| weight).sum();
        let stratum = total / DRAWN as f64;
        let mut shares = Vec::with_capacity(DRAWN);
        let mut sets: Vec<Set> = Vec::with_capacity(history.len());
        let mut passed = 0.0;
        for (candidate, amount) in history.candidates().zip(amounts) {
            let mut set = Set::empty(DRAWN);
            for parent in history.parents(candidate) {
                if let Some(parent) = sets.get(parent.index()) {
                    set.add(parent);
                }
            }
            let [weight, b, c] = amount;
            passed += weight;
            while *weight > 0.0
                && shares.len() < DRAWN
                && (shares.len() as f64 + 0.5) * stratum < passed
            {
                set.insert(shares.len());
                let part = stratum / weight;
                shares.push([stratum, b * part, c * part]);
            }
            sets.push(set);
        }
        Self { shares, sets }
    }
}
