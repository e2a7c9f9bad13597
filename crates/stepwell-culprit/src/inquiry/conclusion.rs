//! From what a search found to what is said of it.

use super::{Inquiry, Step, finite};
use crate::standing::{self, Place};
use std::sync::Arc;
use stepwell_bisect::{Candidate, FLAKY_RATE, Found, Noise, Search, Seen};
use stepwell_event::{Conclusion, Purpose, Version};

impl Inquiry {
    /// What can be said when the budget is spent.
    pub(crate) fn undecided(&mut self) -> Conclusion {
        let Some(bad) = self.territory.bad().cloned() else {
            return Conclusion::NothingToDo;
        };
        if self.look_at_ends(&bad, 0).is_some() {
            return Conclusion::Undecided {
                suspects: Vec::new(),
                newest_good: None,
            };
        }
        let weighed = self.weighed();
        let suspects = weighed.unwrap_or_else(|| {
            let left = self.left();
            let each = 1.0 / left.len().max(1) as f64;
            left.into_iter().map(|suspect| (suspect, each)).collect()
        });
        self.one_of(&suspects)
    }

    /// What can be said of the suspects that are left. A single one is the culprit, though there was no
    /// budget to judge it once more.
    fn one_of(&self, suspects: &[(Candidate, f64)]) -> Conclusion {
        if let [(candidate, mass)] = suspects
            && *mass >= self.settings.confidence
            && let Some(culprit) = self.territory.suspect(*candidate)
        {
            return self.culprit(culprit, *mass);
        }
        let version = |(candidate, mass): &(Candidate, f64)| {
            Some((self.territory.suspect(*candidate)?.clone(), finite(*mass)))
        };
        Conclusion::Undecided {
            suspects: suspects.iter().filter_map(version).collect(),
            newest_good: self.newest_good(None),
        }
    }

    /// Turns what was found into a conclusion, or into judgements that it still needs.
    pub(super) fn conclude(&mut self, found: &Found, free: usize, step: &mut Step) {
        let territory = Arc::clone(&self.territory);
        let versions = |candidates: &[Candidate]| -> Vec<Version> {
            let suspects = candidates.iter().filter_map(|it| territory.suspect(*it));
            suspects.cloned().collect()
        };
        step.conclusion = match found {
            Found::Culprit {
                candidate,
                confidence,
            } => match territory.suspect(*candidate) {
                Some(culprit) if self.verify(culprit, free, step) => {
                    Some(self.culprit(culprit, *confidence))
                }
                _ => None,
            },
            Found::Ambiguous {
                suspects,
                untestable,
                assumed,
            } => Some(Conclusion::Ambiguous {
                suspects: versions(suspects),
                untestable: versions(untestable),
                assumed: versions(assumed),
                newest_good: self.newest_good(suspects.first().copied()),
            }),
            Found::NoCulprit { confidence } => Some(Conclusion::NoCulprit {
                confidence: finite(*confidence),
            }),
            Found::Undecided { suspects } => Some(self.one_of(suspects)),
        };
    }

    fn culprit(&self, culprit: &Version, confidence: f64) -> Conclusion {
        let mut parents = culprit.parents.iter();
        if let Some(parent) = parents.find(|parent| self.speaks_against(parent)) {
            return Conclusion::Aborted {
                why: format!(
                    "{} is the first of the versions that were looked at that is bad, but its parent {parent}, which was not one of them, is bad as well: the change may be outside of the paths",
                    culprit.id
                ),
            };
        }
        Conclusion::Culprit {
            version: culprit.clone(),
            newest_good: self.territory.known_parents(culprit).next().cloned(),
            confidence: finite(confidence),
            no_op: self.territory.is_no_op(culprit),
        }
    }

    /// Whether a version that does not count was found to be bad.
    fn speaks_against(&self, id: &str) -> bool {
        let place = self.territory.place(id).map(Candidate);
        place.is_some_and(|place| {
            !self.counts(place)
                && self
                    .seen
                    .iter()
                    .any(|(it, seen)| *it == place && matches!(seen, Seen::Trials { good: 0, .. }))
        })
    }

    /// Whether culprit and parents were judged often enough once they were suspected, and each was
    /// seen as what it is said to be; wants it otherwise. What is seen then counts like anything else,
    /// so the search may go on after it.
    fn verify(&mut self, culprit: &Version, free: usize, step: &mut Step) -> bool {
        if self.settings.verify == 0 {
            return true;
        }
        let territory = Arc::clone(&self.territory);
        let mut done = true;
        for version in std::iter::once(culprit).chain(territory.known_parents(culprit)) {
            let times = self.verified.get(&version.id).copied().unwrap_or(0);
            if times >= self.settings.verify && self.was_seen(version, version.id == culprit.id) {
                continue;
            }
            done = false;
            if step.start.len() < free {
                let trials = self.settings.trials;
                self.want(step, version.clone(), Purpose::Verify, trials);
            }
        }
        done
    }

    /// Whether a version was seen bad, or good, at least once, as far as that is needed: without
    /// weighing what is believed was seen, and what does not count is not searched. That nothing can be
    /// seen of it is enough.
    fn was_seen(&self, version: &Version, bad: bool) -> bool {
        let Some(place) = self.territory.place(&version.id).map(Candidate) else {
            return true;
        };
        if !self.weighs() || !self.counts(place) {
            return true;
        }
        let mut seen = self.seen.iter().filter(|(it, _)| *it == place);
        seen.any(|(_, seen)| match seen {
            Seen::Trials { good, bad: wrong } => (if bad { wrong } else { good }) > &0,
            Seen::Untestable(_) => true,
        })
    }

    /// The parent of the first suspect, as far as is known.
    pub(super) fn newest_good(&self, first: Option<Candidate>) -> Option<Version> {
        let first = first.or_else(|| self.left().first().copied());
        let parents = first
            .and_then(|first| self.territory.suspect(first))
            .and_then(|first| self.territory.known_parents(first).next());
        parents.or(self.territory.good.first()).cloned()
    }

    /// Suspects that may be to blame if every judgement is right.
    fn left(&self) -> Vec<Candidate> {
        let standing = standing::propagated(&self.territory, &self.seen);
        let suspects = (0..).map(Candidate).zip(standing);
        suspects
            .filter(|(candidate, standing)| self.counts(*candidate) && *standing == Place::Suspect)
            .map(|(candidate, _)| candidate)
            .collect()
    }

    /// The likeliest suspects of a search that weighs, if nothing more may be judged.
    fn weighed(&self) -> Option<Vec<(Candidate, f64)>> {
        self.search.as_ref()?.progress().confidence?;
        let mut options = self.options.clone();
        options.budget = Some(1);
        if options.noise == Noise::None {
            options.noise = Noise::Known {
                false_bad: FLAKY_RATE,
                false_good: FLAKY_RATE,
            };
        }
        let history = self.territory.history(&self.settings)?;
        let mut search = Search::new(history, options).ok()?;
        for (candidate, seen) in &self.seen {
            search.observe(*candidate, *seen);
        }
        match search.next(1).found {
            Some(Found::Undecided { suspects }) => Some(suspects),
            Some(Found::Culprit {
                candidate,
                confidence,
            }) => Some(vec![(candidate, confidence)]),
            _ => None,
        }
    }
}
