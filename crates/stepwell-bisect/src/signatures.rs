//! Several failures with causes of their own, searched for at once.
//!
//! Each signature that the bad version shows has a search of its own; what one of them has judged is
//! known to all, so that a version is judged once for all of them.

use crate::history::{Candidate, History};
use crate::search::{Found, Next, Options, OptionsError, Progress, Search, Seen};
use std::collections::{BTreeMap, BTreeSet};
use stepwell_event::SkipKind;

/// What was seen of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged<S> {
    /// It shows none of the failures.
    Good,
    /// It shows these failures.
    Bad {
        /// They.
        signatures: BTreeSet<S>,
        /// Whether it would have shown the others too if it had them; otherwise nothing is known of
        /// those, as when the first failure ends everything.
        shows_all: bool,
    },
    /// It cannot be judged.
    Untestable(SkipKind),
}

/// Searches that share what was judged.
pub struct Signatures<S> {
    searches: BTreeMap<S, Search>,
    /// Which searches wait for each version that is being judged.
    running: BTreeMap<Candidate, BTreeSet<S>>,
    found: BTreeMap<S, Found>,
    others: BTreeMap<S, BTreeSet<Candidate>>,
}

impl<S: Ord + Clone> Signatures<S> {
    /// Begins a search for each of the signatures that the last version of `history` shows.
    ///
    /// # Errors
    ///
    /// A value of `options` cannot be used.
    pub fn new(
        history: &History,
        options: &Options,
        signatures: impl IntoIterator<Item = S>,
    ) -> Result<Self, OptionsError> {
        let mut searches = BTreeMap::new();
        for signature in signatures {
            searches.insert(signature, Search::new(history.clone(), options.clone())?);
        }
        Ok(Self {
            searches,
            running: BTreeMap::new(),
            found: BTreeMap::new(),
            others: BTreeMap::new(),
        })
    }

    /// Takes what was seen of a version, in any order.
    pub fn observe(&mut self, candidate: Candidate, judged: &Judged<S>) {
        self.running.remove(&candidate);
        for (signature, search) in &mut self.searches {
            search.observe(candidate, seen(judged, signature));
        }
        if let Judged::Bad { signatures, .. } = judged {
            let searches = &self.searches;
            for other in signatures.iter().filter(|it| !searches.contains_key(it)) {
                let versions = self.others.entry(other.clone()).or_default();
                versions.insert(candidate);
            }
        }
    }

    /// Forgets that a version is being judged.
    pub fn withdraw(&mut self, candidate: Candidate) {
        self.running.remove(&candidate);
        for search in self.searches.values_mut() {
            search.withdraw(candidate);
        }
    }

    /// What to do when `free` more judgements can begin. What was found is in [`Signatures::found`];
    /// once nothing is to be judged any more, all that can be found was.
    pub fn next(&mut self, free: usize) -> Next {
        let mut next = Next::default();
        for (signature, search) in &mut self.searches {
            if self.found.contains_key(signature) {
                continue;
            }
            let own = search.next(free - next.start.len());
            for candidate in own.cancel {
                if let Some(waiting) = self.running.get_mut(&candidate) {
                    waiting.remove(signature);
                }
            }
            for start in own.start {
                let waiting = self.running.entry(start.candidate).or_default();
                if waiting.is_empty() {
                    next.start.push(start);
                }
                waiting.insert(signature.clone());
            }
            if let Some(found) = own.found {
                self.found.insert(signature.clone(), found);
            }
        }
        let unwanted = self.running.extract_if(.., |_, waiting| waiting.is_empty());
        next.cancel = unwanted.map(|(candidate, _)| candidate).collect();
        next
    }

    /// What was found for each signature.
    #[must_use]
    pub fn found(&self) -> &BTreeMap<S, Found> {
        &self.found
    }

    /// Whether something was found for every signature.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.found.len() == self.searches.len()
    }

    /// Signatures that the last version does not show, and the versions that showed them.
    #[must_use]
    pub fn others(&self) -> &BTreeMap<S, BTreeSet<Candidate>> {
        &self.others
    }

    /// How far each search is.
    pub fn progress(&self) -> impl Iterator<Item = (&S, Progress)> {
        let searches = self.searches.iter();
        searches.map(|(signature, search)| (signature, search.progress()))
    }
}

/// What a judgement means for one of the failures.
fn seen<S: Ord>(judged: &Judged<S>, signature: &S) -> Seen {
    match judged {
        Judged::Good => Seen::Trials { good: 1, bad: 0 },
        Judged::Untestable(kind) => Seen::Untestable(*kind),
        Judged::Bad {
            signatures,
            shows_all,
        } => {
            if signatures.contains(signature) {
                Seen::Trials { good: 0, bad: 1 }
            } else if *shows_all {
                Seen::Trials { good: 1, bad: 0 }
            } else {
                Seen::Untestable(SkipKind::UnrelatedFailure)
            }
        }
    }
}
