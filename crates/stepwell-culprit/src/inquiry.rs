//! What is to be judged next, and what follows from what was seen: the ends first, then the search,
//! then the conclusion once more.
//!
//! Everything here is pure. The same facts in the same order lead to the same place, which is how a
//! search goes on after its process was killed.

mod conclusion;
mod options;

use crate::ends::{End, Known};
use crate::request::{Ends, Settings};
use crate::strategy::{Choice, Strategy};
use crate::territory::Territory;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use stepwell_bisect::{Candidate, Found, Next, Options, Progress, Search, Seen};
use stepwell_event::{
    Conclusion, Finite, NoiseModel, Observation, Proposal, Purpose, Question, Verdict, Version,
};

/// What a person says counts as so many trials: no oracle outvotes it.
const MARK_TRIALS: u32 = 20;

/// What was believed before anything was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Belief {
    /// One weight for each suspect, or none.
    pub(crate) prior: Vec<f64>,
    /// One cost for each suspect, or none.
    pub(crate) costs: Vec<f64>,
    /// The weight of "none of them", if an oracle told.
    pub(crate) no_culprit: Option<f64>,
}

/// A judgement that is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) version: Version,
    pub(crate) purpose: Purpose,
    pub(crate) trials: u32,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) start: Vec<Want>,
    /// Versions whose judgement can no longer change anything.
    pub(crate) cancel: Vec<String>,
    /// A strategist is to be asked this first.
    pub(crate) ask: Option<Question>,
    pub(crate) conclusion: Option<Conclusion>,
}

/// A search and what it knows.
pub(crate) struct Inquiry {
    territory: Arc<Territory>,
    settings: Settings,
    noise: NoiseModel,
    options: Options,
    search: Option<Search>,
    strategy: Option<Strategy>,
    ends: HashMap<String, End>,
    /// What is being judged, and why.
    running: BTreeMap<String, Purpose>,
    /// What was seen of suspects, in order.
    seen: Vec<(Candidate, Seen)>,
    /// How many times each version was judged to see that the conclusion holds.
    verified: HashMap<String, u32>,
}

impl Inquiry {
    /// # Errors
    ///
    /// A setting or the belief cannot be used: in words for people.
    pub(crate) fn new(
        territory: Arc<Territory>,
        settings: Settings,
        noise: NoiseModel,
        belief: Belief,
        strategist: bool,
    ) -> Result<Self, String> {
        let options = options::options(&settings, &noise, belief);
        let history = territory.history(&settings);
        let search = history
            .map(|history| Search::new(history, options.clone()))
            .transpose()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            strategy: strategist.then(|| Strategy::new(&territory)),
            territory,
            settings,
            noise,
            options,
            search,
            ends: HashMap::new(),
            running: BTreeMap::new(),
            seen: Vec::new(),
            verified: HashMap::new(),
        })
    }

    /// How many versions may be to blame.
    pub(crate) fn counted(&self) -> u32 {
        let history = self.territory.history(&self.settings);
        let counted = history.map_or(0, |history| {
            let candidates = history.candidates();
            candidates.filter(|it| history.counted(*it)).count()
        });
        u32::try_from(counted).unwrap_or(u32::MAX)
    }

    /// Takes what was seen of a version. `purpose` is none if somebody said it.
    pub(crate) fn observe(
        &mut self,
        id: &str,
        purpose: Option<Purpose>,
        observation: &Observation,
    ) {
        self.running.remove(id);
        let (good, bad) = trials(observation, purpose.is_none());
        if self.is_end(id) {
            let end = self.ends.entry(id.to_owned()).or_default();
            end.observe(observation.verdict, good, bad, &observation.reason);
            if self.territory.bad().is_some_and(|bad| bad.id == id) {
                end.hand_over(&self.noise, self.settings.confidence);
            } else if end.is_contradictory()
                && let Some(search) = &mut self.search
            {
                // Of this version the search hears nothing else.
                search.weigh();
            }
        }
        if purpose == Some(Purpose::Verify) {
            *self.verified.entry(id.to_owned()).or_default() += 1;
        }
        let Some(candidate) = self.territory.place(id).map(Candidate) else {
            return;
        };
        if let Some(strategy) = &mut self.strategy {
            strategy.observe(id, observation.verdict);
        }
        let seen = match observation.verdict {
            Verdict::Skip(kind) => Seen::Untestable(kind),
            Verdict::Good | Verdict::Bad => Seen::Trials { good, bad },
        };
        self.seen.push((candidate, seen));
        // What does not count says nothing about its neighbours that do, as far as is known.
        let counts = purpose != Some(Purpose::Verify) || self.counts(candidate);
        if let Some(search) = &mut self.search
            && counts
        {
            search.observe(candidate, seen);
        }
    }

    /// Forgets that a version is being judged: its judgement failed, or was stopped.
    pub(crate) fn withdraw(&mut self, id: &str) {
        self.running.remove(id);
        if let (Some(place), Some(search)) = (self.territory.place(id), &mut self.search) {
            search.withdraw(Candidate(place));
        }
    }

    /// What to do when `free` more judgements can begin.
    pub(crate) fn next(&mut self, free: usize) -> Step {
        let Some(bad) = self.territory.bad().cloned() else {
            return concluded(Conclusion::NothingToDo);
        };
        if let Some(step) = self.look_at_ends(&bad, free) {
            return step;
        }
        if self.strategy.is_some() {
            return self.ask_strategist(free);
        }
        let Some(search) = &mut self.search else {
            return concluded(Conclusion::NothingToDo);
        };
        let Next {
            start,
            cancel,
            found,
        } = search.next(free);
        let mut step = Step::default();
        for candidate in cancel {
            // What it still says is journalled and not heard, so it may be judged again at once.
            search.withdraw(candidate);
            if let Some(version) = self.territory.suspect(candidate) {
                self.running.remove(&version.id);
                step.cancel.push(version.id.clone());
            }
        }
        if let Some(found) = found {
            self.conclude(&found, free, &mut step);
            return step;
        }
        for start in start {
            if let Some(version) = self.territory.suspect(start.candidate).cloned() {
                self.want(&mut step, version, Purpose::Search, start.trials);
            }
        }
        step
    }

    /// Whether what was seen is weighed: judgements may be wrong, or contradict one another.
    pub(crate) fn weighs(&self) -> bool {
        let progress = self.search.as_ref().map(Search::progress);
        progress.is_some_and(|progress| progress.confidence.is_some())
    }

    /// How far the search is; none as long as the ends are not known, which may end it.
    pub(crate) fn progress(&mut self) -> Option<Progress> {
        let bad = self.territory.bad().cloned()?;
        match self.look_at_ends(&bad, 0) {
            Some(_) => None,
            None => self.search.as_ref().map(Search::progress),
        }
    }

    /// Takes what a strategist proposed; `free` more judgements can begin. It is asked again for what
    /// it wanted beyond that.
    pub(crate) fn proposed(&mut self, proposal: &Proposal, free: usize) -> Step {
        let Some(strategy) = &self.strategy else {
            return Step::default();
        };
        let sure = finite(self.settings.confidence);
        let in_flight: BTreeSet<&str> = self.running.keys().map(String::as_str).collect();
        match strategy.check(&self.territory, proposal, &in_flight, self.weighs()) {
            Ok(Choice::Test(ids)) => {
                let mut step = Step::default();
                for id in ids.iter().take(free) {
                    if let Some(version) = self.territory.version(id).cloned() {
                        self.want(&mut step, version, Purpose::Search, self.settings.trials);
                    }
                }
                step
            }
            Ok(Choice::Culprit(place)) => {
                let found = Found::Culprit {
                    candidate: place,
                    confidence: sure.get(),
                };
                let mut step = Step::default();
                self.conclude(&found, free, &mut step);
                step
            }
            Ok(Choice::Ambiguous(suspects)) => concluded(Conclusion::Ambiguous {
                suspects,
                untestable: Vec::new(),
                assumed: Vec::new(),
                newest_good: self.newest_good(None),
            }),
            Ok(Choice::NoCulprit) => concluded(Conclusion::NoCulprit { confidence: sure }),
            Err(why) => concluded(Conclusion::Aborted {
                why: format!("the strategist cannot be followed: {why}"),
            }),
        }
    }

    fn is_end(&self, id: &str) -> bool {
        let territory = &self.territory;
        territory.bad().is_some_and(|bad| bad.id == id) || territory.place(id).is_none()
    }

    fn counts(&self, candidate: Candidate) -> bool {
        let counted = self.territory.counts.get(candidate.index()).copied();
        counted.unwrap_or(true)
    }

    fn known(&self, id: &str, bad: bool) -> Known {
        self.ends.get(id).map_or(Known::Nothing, |end| {
            end.known(&self.noise, bad, self.settings.confidence)
        })
    }

    fn reason(&self, id: &str) -> String {
        self.ends
            .get(id)
            .map(|end| end.reason.clone())
            .unwrap_or_default()
    }

    /// Adds a judgement, unless it is under way.
    fn want(&mut self, step: &mut Step, version: Version, purpose: Purpose, trials: u32) {
        if !self.running.contains_key(&version.id) {
            self.running.insert(version.id.clone(), purpose);
            step.start.push(Want {
                version,
                purpose,
                trials,
            });
        }
    }

    /// What is to be done about the ends; nothing when they are what they are said to be.
    fn look_at_ends(&mut self, bad: &Version, free: usize) -> Option<Step> {
        if self.settings.ends == Ends::Neither {
            return None;
        }
        // The newest first: if it is good, nothing has to be searched.
        match self.known(&bad.id, true) {
            Known::Bad => {}
            Known::Good => return Some(concluded(Conclusion::HeadGood)),
            Known::Untestable => return Some(self.untestable(bad, true)),
            Known::Nothing => {
                let mut step = Step::default();
                if free > 0 {
                    self.want(&mut step, bad.clone(), Purpose::Head, self.settings.trials);
                }
                return Some(step);
            }
        }
        let territory = Arc::clone(&self.territory);
        let both = self.settings.ends == Ends::Both;
        let good = territory
            .good
            .iter()
            .filter(|_| both)
            .map(|good| (good, Purpose::Base, good));
        let bases = territory
            .merge_bases
            .iter()
            .map(|(base, good)| (base, Purpose::MergeBase, good));
        let mut step = Step::default();
        let mut waits = false;
        for (version, purpose, good) in good.chain(bases) {
            match (self.known(&version.id, false), purpose) {
                (Known::Good, _) | (Known::Untestable, Purpose::MergeBase) => {}
                (Known::Nothing, _) => {
                    waits = true;
                    if step.start.len() < free {
                        let trials = self.settings.trials;
                        self.want(&mut step, version.clone(), purpose, trials);
                    }
                }
                (Known::Bad, Purpose::MergeBase) => {
                    return Some(concluded(Conclusion::ChangedBack {
                        merge_base: version.clone(),
                        good: good.clone(),
                    }));
                }
                (Known::Bad, _) => {
                    let version = version.clone();
                    return Some(concluded(Conclusion::BaseBad { version }));
                }
                (Known::Untestable, _) => return Some(self.untestable(version, false)),
            }
        }
        waits.then_some(step)
    }

    fn untestable(&self, version: &Version, head: bool) -> Step {
        concluded(Conclusion::UntestableEnd {
            version: version.clone(),
            head,
            reason: self.reason(&version.id),
        })
    }

    fn ask_strategist(&mut self, free: usize) -> Step {
        let Some(strategy) = &self.strategy else {
            return Step::default();
        };
        if free == 0 {
            return Step::default();
        }
        let in_flight = self.running.keys().cloned().collect();
        Step {
            ask: Some(strategy.question(&self.territory, in_flight, free)),
            ..Step::default()
        }
    }
}

fn concluded(conclusion: Conclusion) -> Step {
    Step {
        conclusion: Some(conclusion),
        ..Step::default()
    }
}

/// The trials behind an observation; without any, its verdict is one.
fn trials(observation: &Observation, said: bool) -> (u32, u32) {
    let (good, bad) = (observation.good_trials, observation.bad_trials);
    let one = if said { MARK_TRIALS } else { 1 };
    match observation.verdict {
        Verdict::Skip(_) => (0, 0),
        Verdict::Good if said || good == 0 && bad == 0 => (one, 0),
        Verdict::Bad if said || good == 0 && bad == 0 => (0, one),
        Verdict::Good | Verdict::Bad => (good, bad),
    }
}

fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap_or_default()
}
