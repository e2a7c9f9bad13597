//! A component that chooses the candidates, and how far it is followed.
//!
//! It is told what was learnt, never asked to judge, and not believed: what it names must be
//! searched, and whom it blames must be bad with parents that are good.

use crate::territory::Territory;
use std::collections::{BTreeSet, HashMap};
use stepwell_bisect::Candidate;
use stepwell_event::{Proposal, Question, Verdict, Version};

/// How many times more judgements than suspects are made for it.
const PATIENCE: usize = 4;

/// What was told to a strategist.
pub(crate) struct Strategy {
    history: Vec<(String, Verdict)>,
    latest: HashMap<String, Verdict>,
    most: usize,
}

/// A proposal that can be followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Test(Vec<String>),
    Culprit(Candidate),
    Ambiguous(Vec<Version>),
    NoCulprit,
}

impl Strategy {
    pub(crate) fn new(territory: &Territory) -> Self {
        Self {
            history: Vec::new(),
            latest: HashMap::new(),
            most: territory.suspects.len() * PATIENCE + 100,
        }
    }

    pub(crate) fn observe(&mut self, id: &str, verdict: Verdict) {
        self.history.push((id.to_owned(), verdict));
        self.latest.insert(id.to_owned(), verdict);
    }

    pub(crate) fn question(
        &self,
        territory: &Territory,
        in_flight: Vec<String>,
        free: usize,
    ) -> Question {
        Question::Propose {
            suspects: territory.suspects.clone(),
            history: self.history.clone(),
            in_flight,
            slots: u32::try_from(free).unwrap_or(u32::MAX),
        }
    }

    /// Whether a proposal can be followed; says why not.
    pub(crate) fn check(
        &self,
        territory: &Territory,
        proposal: &Proposal,
        in_flight: &BTreeSet<&str>,
        noisy: bool,
    ) -> Result<Choice, String> {
        let named = |ids: &[String]| match ids.iter().find(|id| territory.place(id).is_none()) {
            Some(unknown) => Err(format!("`{unknown}` is no suspect")),
            None => Ok(()),
        };
        match proposal {
            Proposal::Test(ids) => {
                named(ids)?;
                if let Some(twice) = ids.iter().find(|id| in_flight.contains(id.as_str())) {
                    return Err(format!("`{twice}` is being judged already"));
                }
                if ids.is_empty() && in_flight.is_empty() {
                    return Err("it wants nothing to be judged and blames nobody".to_owned());
                }
                if self.history.len() >= self.most {
                    return Err(format!("after {} judgements it blames nobody", self.most));
                }
                Ok(Choice::Test(ids.clone()))
            }
            Proposal::Culprits(ids) => {
                named(ids)?;
                let mut places = Vec::new();
                for id in ids {
                    places.push(self.blamed(territory, id)?);
                }
                match places.as_slice() {
                    [] => Err("it blames nobody, and says that it does".to_owned()),
                    [one] => Ok(Choice::Culprit(*one)),
                    several => Ok(Choice::Ambiguous(versions(territory, several))),
                }
            }
            Proposal::Ambiguous(ids) => {
                named(ids)?;
                let places = ids.iter().filter_map(|id| territory.place(id));
                let places: BTreeSet<Candidate> = places.map(Candidate).collect();
                let places: Vec<Candidate> = places.into_iter().collect();
                match places.is_empty() {
                    true => Err("it names no suspect".to_owned()),
                    false => Ok(Choice::Ambiguous(versions(territory, &places))),
                }
            }
            Proposal::NoCulprit if noisy => Ok(Choice::NoCulprit),
            Proposal::NoCulprit => {
                Err("it says that nobody is to blame, but the newest version is bad".to_owned())
            }
        }
    }

    /// Whether a version was seen to be the first that is bad.
    fn blamed(&self, territory: &Territory, id: &str) -> Result<Candidate, String> {
        let place = territory.place(id).map(Candidate);
        let version = place.and_then(|place| Some((place, territory.suspect(place)?)));
        let Some((place, version)) = version else {
            return Err(format!("`{id}` is no suspect"));
        };
        let is_head = territory.bad().is_some_and(|bad| bad.id == id);
        if self.latest.get(id) != Some(&Verdict::Bad) && !is_head {
            return Err(format!("it blames `{id}`, which was not found to be bad"));
        }
        for parent in &version.parents {
            let suspected = territory.place(parent).is_some();
            if suspected && self.latest.get(parent) != Some(&Verdict::Good) {
                return Err(format!(
                    "it blames `{id}`, whose parent `{parent}` was not found to be good"
                ));
            }
        }
        Ok(place)
    }
}

fn versions(territory: &Territory, places: &[Candidate]) -> Vec<Version> {
    let suspects = places.iter().filter_map(|place| territory.suspect(*place));
    suspects.cloned().collect()
}
