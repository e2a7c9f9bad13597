//! Changes that are bad only together.
//!
//! A search along a line blames the last of them and hides the others. Here sets of changes are judged
//! instead: a set is divided, and what one half needs is found while the other half is in place, and the
//! other way round. That takes about `d · log2(n/d)` judgements and some, for `d` of `n` changes.

use std::collections::{BTreeMap, BTreeSet};

/// What a set of changes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well with it.
    Good,
    /// It shows what is looked for.
    Bad,
    /// It cannot be judged, for instance because its changes do not go together.
    Untestable,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Judge the base with these changes.
    Judge(BTreeSet<u32>),
    /// These changes are bad together.
    Found {
        /// They, in order.
        changes: BTreeSet<u32>,
        /// Whether they were judged without any other and were bad.
        is_confirmed: bool,
        /// Whether each is needed; otherwise some sets could not be judged and there may be fewer.
        is_least: bool,
    },
}

/// Looks for a least set of changes that is bad.
#[derive(Debug, Clone)]
pub struct Interaction {
    outcomes: BTreeMap<BTreeSet<u32>, Outcome>,
    /// What is still to be done, the next last.
    work: Vec<Work>,
    /// What is needed of the sets that were gone through and not yet joined.
    needed: Vec<BTreeSet<u32>>,
    is_least: bool,
}

#[derive(Debug, Clone)]
enum Work {
    /// Find what is needed of `changes` while `base` is in place, which `grew` since it was judged.
    Need {
        base: BTreeSet<u32>,
        grew: bool,
        changes: Vec<u32>,
    },
    /// What the newer half needs is known: find what `older` needs beside it.
    Older {
        base: BTreeSet<u32>,
        older: Vec<u32>,
    },
    /// Join what both halves need.
    Join,
}

impl Interaction {
    /// Looks among the changes `0..count`, in the order in which they are applied. All together are
    /// known to be bad, and none is known to be good.
    #[must_use]
    pub fn new(count: u32) -> Self {
        Self {
            outcomes: BTreeMap::new(),
            work: vec![Work::Need {
                base: BTreeSet::new(),
                grew: false,
                changes: (0..count).collect(),
            }],
            needed: Vec::new(),
            is_least: true,
        }
    }

    /// Takes what a set of changes was found to be.
    pub fn observe(&mut self, changes: BTreeSet<u32>, outcome: Outcome) {
        self.outcomes.insert(changes, outcome);
    }

    /// What to do next; the same again until its outcome is there.
    pub fn step(&mut self) -> Step {
        while let Some(work) = self.work.pop() {
            match work {
                Work::Need {
                    base,
                    grew,
                    changes,
                } => {
                    if grew {
                        match self.outcomes.get(&base) {
                            None => {
                                let judge = Step::Judge(base.clone());
                                self.work.push(Work::Need {
                                    base,
                                    grew,
                                    changes,
                                });
                                return judge;
                            }
                            Some(Outcome::Bad) => {
                                self.needed.push(BTreeSet::new());
                                continue;
                            }
                            Some(Outcome::Good) => {}
                            // More changes are looked for than may be needed, never fewer.
                            Some(Outcome::Untestable) => self.is_least = false,
                        }
                    }
                    self.divide(base, changes);
                }
                Work::Older { base, older } => {
                    let newer = self.needed.last().cloned().unwrap_or_default();
                    self.work.push(Work::Join);
                    self.work.push(Work::Need {
                        base: base.union(&newer).copied().collect(),
                        grew: !newer.is_empty(),
                        changes: older,
                    });
                }
                Work::Join => {
                    let older = self.needed.pop().unwrap_or_default();
                    if let Some(newer) = self.needed.last_mut() {
                        newer.extend(older);
                    }
                }
            }
        }
        let changes = self.needed.last().cloned().unwrap_or_default();
        match self.outcomes.get(&changes) {
            None => Step::Judge(changes),
            Some(outcome) => Step::Found {
                changes,
                is_confirmed: *outcome == Outcome::Bad,
                is_least: self.is_least,
            },
        }
    }

    /// Goes on with the halves of what is known to hold something needed.
    fn divide(&mut self, base: BTreeSet<u32>, mut older: Vec<u32>) {
        if older.len() < 2 {
            self.needed.push(older.into_iter().collect());
            return;
        }
        let newer = older.split_off(older.len() / 2);
        let with_older = base.iter().chain(&older).copied().collect();
        self.work.push(Work::Older { base, older });
        self.work.push(Work::Need {
            base: with_older,
            grew: true,
            changes: newer,
        });
    }
}
