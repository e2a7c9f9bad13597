//! What is searched, found out before anything is judged.

use crate::archive::{Ancestry, Archive, Range};
use crate::request::{Course, Settings};
use std::collections::HashMap;
use stepwell_bisect::{Candidate, History};
use stepwell_event::Version;

/// The suspects, and the versions at the ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Territory {
    /// Versions that are said to be good.
    pub(crate) good: Vec<Version>,
    /// In order, parents before children; the last is the one that is said to be bad. Empty if there
    /// is nothing to search.
    pub(crate) suspects: Vec<Version>,
    /// For each suspect, the places of its parents among them.
    pub(crate) parents: Vec<Vec<u32>>,
    /// Whether each changes what is looked at.
    pub(crate) counts: Vec<bool>,
    /// Where lines meet, each with the good version on the other line.
    pub(crate) merge_bases: Vec<(Version, Version)>,
    /// What the files of the bad version lack, in sentences.
    pub(crate) lacks: Vec<String>,
    places: HashMap<String, u32>,
}

/// What is asked of an archive.
pub(crate) struct Bounds<'a> {
    pub(crate) good: &'a [String],
    pub(crate) bad: &'a str,
    pub(crate) paths: &'a [String],
    pub(crate) first_parent: bool,
}

impl Territory {
    /// Explores the range. It blocks.
    pub(crate) fn explore(archive: &impl Archive, bounds: &Bounds<'_>) -> Result<Self, String> {
        let mut merge_bases: Vec<(String, String)> = Vec::new();
        for good in bounds.good {
            if let Ancestry::Diverged { merge_bases: found } = archive.ancestry(good, bounds.bad)? {
                if found.iter().any(|base| base == bounds.bad) {
                    return Err(format!(
                        "the good version {good} descends from the bad one, {}: were the two mixed up?",
                        bounds.bad
                    ));
                }
                let new = |base: &String| {
                    !bounds.good.contains(base)
                        && merge_bases.iter().all(|(known, _)| known != base)
                };
                let new: Vec<String> = found.into_iter().filter(new).collect();
                merge_bases.extend(new.into_iter().map(|base| (base, good.clone())));
            }
        }
        let range = archive.range(bounds.good, bounds.bad, bounds.paths, bounds.first_parent)?;
        // The bad version is counted by every search: it would be blamed without having been looked at.
        if !range.counts.is_empty() && !range.counts.contains(&true) {
            return Err(format!(
                "no version that may be to blame changes `{}`: the change is outside of these paths, or the range is not the one that was meant",
                bounds.paths.join("`, `")
            ));
        }
        let good = archive.describe(bounds.good)?;
        let suspects = archive.describe(&range.ids)?;
        let bases: Vec<String> = merge_bases.iter().map(|(base, _)| base.clone()).collect();
        let of = |id: &String| good.iter().find(|good| good.id == *id).cloned();
        let merge_bases = archive
            .describe(&bases)?
            .into_iter()
            .zip(&merge_bases)
            .filter_map(|(base, (_, good))| Some((base, of(good)?)))
            .collect();
        let lacks = suspects.last().map(|bad| archive.lacks(bad)).transpose()?;
        let mut territory = Self::new(good, suspects, range, merge_bases);
        territory.lacks = lacks.unwrap_or_default();
        Ok(territory)
    }

    pub(crate) fn new(
        good: Vec<Version>,
        suspects: Vec<Version>,
        range: Range,
        merge_bases: Vec<(Version, Version)>,
    ) -> Self {
        let places = (0..)
            .zip(&suspects)
            .map(|(place, version)| (version.id.clone(), place))
            .collect();
        Self {
            good,
            suspects,
            parents: range.parents,
            counts: range.counts,
            merge_bases,
            lacks: Vec::new(),
            places,
        }
    }

    /// The place of a suspect.
    pub(crate) fn place(&self, id: &str) -> Option<u32> {
        self.places.get(id).copied()
    }

    pub(crate) fn suspect(&self, candidate: Candidate) -> Option<&Version> {
        self.suspects.get(candidate.index())
    }

    /// The version that is said to be bad.
    pub(crate) fn bad(&self) -> Option<&Version> {
        self.suspects.last()
    }

    /// Any version that is searched or an end.
    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        let place = self.place(id).map(Candidate);
        let ends = || {
            let bases = self.merge_bases.iter().map(|(base, _)| base);
            self.good
                .iter()
                .chain(bases)
                .find(|version| version.id == id)
        };
        place.and_then(|place| self.suspect(place)).or_else(ends)
    }

    /// The parents of a version that are known here.
    pub(crate) fn known_parents<'a>(
        &'a self,
        version: &'a Version,
    ) -> impl Iterator<Item = &'a Version> {
        version.parents.iter().filter_map(|id| self.version(id))
    }

    /// Whether it cannot be to blame because its files are those of a parent: whatever is wrong with
    /// it was wrong before.
    pub(crate) fn is_no_op(&self, version: &Version) -> bool {
        self.known_parents(version)
            .any(|parent| parent.tree == version.tree)
    }

    /// The suspects as a search sees them: what changes no file does not count. Git counts it, so a
    /// search that does as Git does so too.
    pub(crate) fn history(&self, settings: &Settings) -> Option<History> {
        let history = History::new(&self.parents).ok()?;
        let collapse = settings.course != Course::Git;
        let counts = |candidate: Candidate| {
            let counted = self.counts.get(candidate.index()).copied();
            let version = self.suspect(candidate);
            counted.unwrap_or(true)
                && !(collapse && version.is_some_and(|version| self.is_no_op(version)))
        };
        let name = |candidate: Candidate| self.suspect(candidate).map(|version| &version.id);
        Some(history.counting(counts).named(name))
    }
}
