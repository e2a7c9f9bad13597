//! Versions that change nothing.
//!
//! A version whose files are those of all its parents gets the same verdict as they do, so judging it
//! teaches nothing: it is left out, and its children descend from its parents.

use crate::history::{Candidate, History, HistoryError};

/// A history without the versions that change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collapsed {
    /// What is left. Its last version is bad as the last of the whole is, whose files it has.
    pub history: History,
    /// Which version of the whole each of `history` is: the first with these files, so that it is the
    /// one to blame.
    pub versions: Vec<Candidate>,
    /// For each version of the whole, which of `history` has the same files and gets the same verdict.
    pub places: Vec<Candidate>,
}

impl History {
    /// Leaves out each version whose files are the same as those of all its parents. `files` tells what
    /// the files of a version are, such as by their digest.
    ///
    /// A version that has a parent outside of the history stays: the files of that are not known here.
    /// `is_inside` tells whether all parents of a version are in the history.
    ///
    /// # Errors
    ///
    /// There is none: what is left of a history is one.
    pub fn collapse<T: PartialEq>(
        &self,
        files: impl Fn(Candidate) -> T,
        is_inside: impl Fn(Candidate) -> bool,
    ) -> Result<Collapsed, HistoryError> {
        let mut parents: Vec<Vec<u32>> = Vec::new();
        let mut versions = Vec::new();
        let mut places = Vec::new();
        // What takes the place of each version as a parent.
        let mut stand_ins: Vec<Vec<u32>> = Vec::new();
        for candidate in self.candidates() {
            let own = self.parents(candidate);
            let mut inherited: Vec<u32> = Vec::new();
            for parent in own {
                inherited.extend(stand_ins.get(parent.index()).into_iter().flatten());
            }
            inherited.sort_unstable();
            inherited.dedup();
            let mine = files(candidate);
            let is_same = is_inside(candidate) && own.iter().all(|it| files(*it) == mine);
            // All descend from the last version, which one alone can stand in for.
            let is_needed = candidate == self.bad() && inherited.len() > 1;
            match inherited.first() {
                Some(first) if is_same && !is_needed => {
                    places.push(Candidate(*first));
                    stand_ins.push(inherited);
                }
                _ => {
                    let place = u32::try_from(versions.len()).map_err(|_| HistoryError::TooLong)?;
                    versions.push(candidate);
                    parents.push(inherited);
                    places.push(Candidate(place));
                    stand_ins.push(vec![place]);
                }
            }
        }
        let whole = |it: Candidate| versions.get(it.index()).copied().unwrap_or(it);
        let history = History::new(&parents)?
            .counting(|it| self.counted(whole(it)))
            .ranked(|it| self.rank(whole(it)));
        Ok(Collapsed {
            history,
            versions,
            places,
        })
    }
}
