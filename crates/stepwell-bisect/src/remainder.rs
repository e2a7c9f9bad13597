//! What is left to search once a culprit is known.
//!
//! Later culprits hide behind the first: whatever descends from it is bad anyway. With its change taken
//! back they show, so the search goes on among the versions that do not lead to it, and those of them
//! that descend from it are judged with the change taken back. If it cannot be taken back, later
//! culprits cannot be excluded.

use crate::history::{Candidate, History};

/// The versions that may hide another culprit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    /// They.
    pub history: History,
    /// Which version of the whole each of `history` is.
    pub versions: Vec<Candidate>,
    /// For each of `history`, whether the known culprit's change has to be taken back in it.
    pub reverted: Vec<bool>,
}

impl History {
    /// What is left once `culprit` is known; nothing if it is the last version.
    ///
    /// Searching it makes sense if the last version is still bad with the culprit's change taken back.
    #[must_use]
    pub fn without(&self, culprit: Candidate) -> Option<Remainder> {
        let mut leads = vec![false; self.len()];
        let mut ahead = vec![culprit];
        while let Some(candidate) = ahead.pop() {
            if let Some(leads) = leads.get_mut(candidate.index())
                && !std::mem::replace(leads, true)
            {
                ahead.extend(self.parents(candidate));
            }
        }
        let mut descends = vec![false; self.len()];
        let mut places = vec![None; self.len()];
        let mut parents = Vec::new();
        let mut versions = Vec::new();
        let mut reverted = Vec::new();
        for candidate in self.candidates() {
            let own = self.parents(candidate);
            let is_after = |it: &Candidate| descends.get(it.index()) == Some(&true);
            let is_reverted = candidate == culprit || own.iter().any(is_after);
            if let Some(descends) = descends.get_mut(candidate.index()) {
                *descends = is_reverted;
            }
            if leads.get(candidate.index()) == Some(&true) {
                continue;
            }
            if let Some(place) = places.get_mut(candidate.index()) {
                *place = u32::try_from(versions.len()).ok();
            }
            let place = |it: &Candidate| places.get(it.index()).copied().flatten();
            parents.push(own.iter().filter_map(place).collect());
            versions.push(candidate);
            reverted.push(is_reverted);
        }
        let whole = |it: Candidate| versions.get(it.index()).copied().unwrap_or(it);
        let history = History::new(&parents).ok()?;
        let history = history
            .counting(|it| self.counted(whole(it)))
            .ranked(|it| self.rank(whole(it)));
        Some(Remainder {
            history,
            versions,
            reverted,
        })
    }
}
