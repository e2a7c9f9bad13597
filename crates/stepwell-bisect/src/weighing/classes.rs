//! Suspects that nothing seen so far tells apart.
//!
//! What a trial of version `i` says about suspect `c` depends only on whether `c` is among `i` and its
//! ancestors. So all suspects that lie in the same of these sets form a class, and what is believed of
//! them differs only by what was believed at first. There are few classes: at most one more than
//! versions judged, in a linear history.

use super::ancestry::Set;

/// Trials by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) good: u32,
    pub(super) bad: u32,
}

impl Counts {
    pub(super) fn total(self) -> u32 {
        self.good.saturating_add(self.bad)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            good: self.good.saturating_add(other.good),
            bad: self.bad.saturating_add(other.bad),
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            good: self.good.saturating_sub(other.good),
            bad: self.bad.saturating_sub(other.bad),
        }
    }
}

/// One class.
#[derive(Debug, Clone)]
pub(super) struct Class {
    /// One of them.
    some: usize,
    /// How many there are.
    size: usize,
    /// What they weighed together at first.
    pub(super) prior: f64,
    /// Trials of versions that are bad if the culprit is one of these.
    pub(super) of_bad: Counts,
}

/// All classes.
#[derive(Debug)]
pub(super) struct Classes {
    /// Of each suspect. The last is "none of them", which is an ancestor of nothing.
    of: Vec<usize>,
    classes: Vec<Class>,
    /// All trials.
    seen: Counts,
}

impl Classes {
    /// One class of all suspects that weigh so much at first.
    pub(super) fn new(prior: &[f64]) -> Self {
        Self {
            of: vec![0; prior.len()],
            classes: vec![Class {
                some: 0,
                size: prior.len(),
                prior: prior.iter().sum(),
                of_bad: Counts::default(),
            }],
            seen: Counts::default(),
        }
    }

    /// The place in [`Classes::iter`] of the class of each suspect.
    pub(super) fn places(&self) -> &[usize] {
        &self.of
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter()
    }

    /// Trials of versions that are good if the culprit is in this class.
    pub(super) fn of_good(&self, class: &Class) -> Counts {
        self.seen.minus(class.of_bad)
    }

    pub(super) fn seen(&self) -> Counts {
        self.seen
    }

    /// Takes trials of the version with these ancestors, itself included.
    pub(super) fn observe(&mut self, ancestors: &Set, counts: Counts, prior: &[f64]) {
        self.split(ancestors, prior);
        self.seen = self.seen.plus(counts);
        for class in &mut self.classes {
            if ancestors.contains(class.some) {
                class.of_bad = class.of_bad.plus(counts);
            }
        }
    }

    /// Makes every class lie inside of the set or outside.
    fn split(&mut self, set: &Set, prior: &[f64]) {
        let mut inside = vec![0_usize; self.classes.len()];
        for (suspect, class) in self.of.iter().enumerate() {
            if set.contains(suspect)
                && let Some(inside) = inside.get_mut(*class)
            {
                *inside += 1;
            }
        }
        let mut parts: Vec<Option<usize>> = Vec::with_capacity(inside.len());
        for (place, inside) in inside.into_iter().enumerate() {
            let whole = self
                .classes
                .get(place)
                .is_none_or(|class| inside == 0 || inside == class.size);
            parts.push((!whole).then_some(self.classes.len()));
            if let Some(class) = self.classes.get(place).filter(|_| !whole).cloned() {
                self.classes.push(class);
            }
        }
        if parts.iter().all(Option::is_none) {
            return;
        }
        for class in &mut self.classes {
            class.size = 0;
            class.prior = 0.0;
        }
        for (suspect, (class, prior)) in self.of.iter_mut().zip(prior).enumerate() {
            if let Some(part) = parts.get(*class).copied().flatten()
                && set.contains(suspect)
            {
                *class = part;
            }
            if let Some(class) = self.classes.get_mut(*class) {
                class.some = suspect;
                class.size += 1;
                class.prior += prior;
            }
        }
    }
}
