//! The versions that may be to blame, and how they descend from one another.

use crate::sums::sums;
use std::fmt;

/// A version of a [`History`]: its place, parents before children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate(pub u32);

impl Candidate {
    /// The place as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The suspects of a search: all ancestors of the bad version that are no ancestors of a good one.
///
/// They are in topological order, parents before children; the last one is the bad version, of which
/// all are ancestors. A parent that is not among them is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Where the parents of each begin in `parents`, and where the last ones end.
    starts: Vec<u32>,
    parents: Vec<Candidate>,
    /// Whether each counts: it changes something that is looked at. The others are never judged and
    /// add no weight.
    counts: Vec<bool>,
    /// The place of each in the order of their names; empty if they have none.
    ranks: Vec<u32>,
}

/// What is wrong with a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryError {
    /// It has no version.
    Empty,
    /// It has more versions than can be numbered.
    TooLong,
    /// This version has a parent that does not come before it.
    OutOfOrder(Candidate),
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no version between the two ends"),
            Self::TooLong => f.write_str("there are more than 2^32 versions"),
            Self::OutOfOrder(candidate) => {
                write!(f, "version {} comes before one of its parents", candidate.0)
            }
        }
    }
}

impl std::error::Error for HistoryError {}

impl History {
    /// The history in which version `i` has the parents `parents[i]`, all of which come before it.
    ///
    /// # Errors
    ///
    /// It is empty, too long, or out of order.
    pub fn new(parents: &[Vec<u32>]) -> Result<Self, HistoryError> {
        if parents.is_empty() {
            return Err(HistoryError::Empty);
        }
        let count = u32::try_from(parents.len()).map_err(|_| HistoryError::TooLong)?;
        let mut history = Self {
            starts: Vec::with_capacity(parents.len() + 1),
            parents: Vec::with_capacity(parents.len()),
            counts: vec![true; parents.len()],
            ranks: Vec::new(),
        };
        history.starts.push(0);
        for (child, parents) in (0..count).zip(parents) {
            if parents.iter().any(|parent| *parent >= child) {
                return Err(HistoryError::OutOfOrder(Candidate(child)));
            }
            history
                .parents
                .extend(parents.iter().copied().map(Candidate));
            let end = u32::try_from(history.parents.len()).map_err(|_| HistoryError::TooLong)?;
            history.starts.push(end);
        }
        Ok(history)
    }

    /// `count` versions, each the child of the one before.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn linear(count: u32) -> Result<Self, HistoryError> {
        if count == 0 {
            return Err(HistoryError::Empty);
        }
        Ok(Self {
            starts: (0..=count).map(|place| place.saturating_sub(1)).collect(),
            parents: (0..count - 1).map(Candidate).collect(),
            counts: vec![true; count as usize],
            ranks: Vec::new(),
        })
    }

    /// Leaves out of the count whatever `counts` says no of. The last version always counts.
    #[must_use]
    pub fn counting(mut self, mut counts: impl FnMut(Candidate) -> bool) -> Self {
        for (place, counted) in (0..).zip(&mut self.counts) {
            *counted = counts(Candidate(place));
        }
        if let Some(last) = self.counts.last_mut() {
            *last = true;
        }
        self
    }

    /// Gives each version a name, which breaks ties in [`Order::Git`](crate::Order::Git).
    #[must_use]
    pub fn named<T: Ord>(mut self, name: impl Fn(Candidate) -> T) -> Self {
        let mut order: Vec<Candidate> = self.candidates().collect();
        order.sort_by_cached_key(|candidate| name(*candidate));
        self.ranks = vec![0; self.len()];
        for (rank, candidate) in (0..).zip(order) {
            if let Some(slot) = self.ranks.get_mut(candidate.index()) {
                *slot = rank;
            }
        }
        self
    }

    /// The place of a version in the order of the names, or in the history if it has none.
    pub(crate) fn rank(&self, candidate: Candidate) -> u32 {
        let rank = self.ranks.get(candidate.index());
        rank.copied().unwrap_or(candidate.0)
    }

    /// How many versions there are, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a history is never empty")]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// All versions, in order.
    pub fn candidates(&self) -> impl DoubleEndedIterator<Item = Candidate> + use<> {
        (0..u32::try_from(self.counts.len()).unwrap_or(u32::MAX)).map(Candidate)
    }

    /// Whether each version is the child of the one before.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        self.candidates().all(|candidate| {
            let before = candidate.0.checked_sub(1).map(Candidate);
            self.parents(candidate) == before.as_slice()
        })
    }

    /// How many versions that count each version leads to, itself included.
    #[must_use]
    pub fn weights(&self) -> Vec<u64> {
        let all: Vec<Candidate> = self.candidates().collect();
        sums(self, &all, |candidate| u32::from(self.counted(candidate)))
    }

    /// The bad version.
    #[must_use]
    pub fn bad(&self) -> Candidate {
        Candidate(u32::try_from(self.counts.len().saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// The parents of a version that are suspects themselves.
    #[must_use]
    pub fn parents(&self, candidate: Candidate) -> &[Candidate] {
        let at = |index: usize| self.starts.get(index).map_or(0, |start| *start as usize);
        let index = candidate.index();
        self.parents.get(at(index)..at(index + 1)).unwrap_or(&[])
    }

    /// Whether a version counts.
    #[must_use]
    pub fn counted(&self, candidate: Candidate) -> bool {
        self.counts.get(candidate.index()).copied().unwrap_or(false)
    }
}
