//! Changes that are judged together because most are good, as those that wait to be merged.
//!
//! The changes are independent: a group is bad if one of it is. A bad group is halved; if its first half
//! is good the second must be bad and is halved without being judged.

use crate::interaction::Outcome;
use std::ops::Range;

/// What is known of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sorted {
    /// Changes that are good.
    pub good: Vec<u32>,
    /// Changes that are bad.
    pub bad: Vec<u32>,
    /// Changes that could not be judged, not even alone.
    pub untestable: Vec<u32>,
}

/// Sorts the changes of a batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What is left, the next last.
    groups: Vec<Group>,
    sorted: Sorted,
}

#[derive(Debug, Clone)]
struct Group {
    changes: Range<u32>,
    known: Known,
}

/// What is known of a group that was not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    Bad,
    /// It is bad if the group before it is good.
    BadIfOtherGood,
}

impl Batch {
    /// Sorts the changes `0..count`.
    #[must_use]
    pub fn new(count: u32) -> Self {
        let mut batch = Self {
            groups: Vec::new(),
            sorted: Sorted::default(),
        };
        batch.add(0..count, Known::Nothing);
        batch
    }

    fn add(&mut self, changes: Range<u32>, known: Known) {
        if !changes.is_empty() {
            self.groups.push(Group { changes, known });
        }
    }

    /// The group to judge next; none once all are sorted.
    pub fn wanted(&mut self) -> Option<Range<u32>> {
        while let Some(Group { changes, known }) = self.groups.last().cloned() {
            if known != Known::Bad {
                return Some(changes);
            }
            self.groups.pop();
            if changes.len() == 1 {
                self.sorted.bad.push(changes.start);
            } else {
                self.halve(&changes, Known::BadIfOtherGood);
            }
        }
        None
    }

    /// Takes what the group of [`Batch::wanted`] was found to be.
    pub fn observe(&mut self, outcome: Outcome) {
        let Some(Group { changes, .. }) = self.groups.pop() else {
            return;
        };
        if let Some(other) = self.groups.last_mut()
            && other.known == Known::BadIfOtherGood
        {
            other.known = match outcome {
                Outcome::Good => Known::Bad,
                Outcome::Bad | Outcome::Untestable => Known::Nothing,
            };
        }
        match outcome {
            Outcome::Good => self.sorted.good.extend(changes),
            Outcome::Bad => self.add(changes, Known::Bad),
            Outcome::Untestable if changes.len() == 1 => self.sorted.untestable.push(changes.start),
            Outcome::Untestable => self.halve(&changes, Known::Nothing),
        }
    }

    /// What is known so far.
    #[must_use]
    pub fn sorted(&self) -> &Sorted {
        &self.sorted
    }

    fn halve(&mut self, changes: &Range<u32>, second: Known) {
        let middle = changes.start + (changes.end - changes.start) / 2;
        self.add(middle..changes.end, second);
        self.add(changes.start..middle, Known::Nothing);
    }
}
