//! The one interface of all methods.

use crate::exact::{Choice, Contradiction, Exact};
use crate::history::{Candidate, History};
use crate::weighing::Weighing;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use stepwell_event::SkipKind;

/// How likely it is from the start that a failure which need not come again was a flake: of the
/// changes that tests seemed to be broken by at Google, so many were (Henderson et al., ICST 2023).
pub const FLAKE: f64 = 0.4;

/// How often a trial is taken to be wrong once one was, and nobody said how often. Too low a rate is
/// what gives wrong answers.
pub const FLAKY_RATE: f64 = 0.1;

/// Which of two versions in the middle is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rounding {
    /// The older one: old culprits are found sooner. It is also what Git does.
    Down,
    /// The newer one: new culprits, which are likelier, are found sooner.
    #[default]
    Up,
}

/// In which order a range without noise is searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// From the middle.
    #[default]
    Halving,
    /// Exactly the versions that Git would choose, skips included, if the history is in the reverse of
    /// the order of `git rev-list` and its versions have [names](History::named).
    Git,
    /// Back from the newest in steps of 1, 2, 4, …, then from the middle: of several changes for the
    /// worse the latest is found more often.
    Recent,
}

/// What is done about a stretch of versions that cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// Its two ends are looked for; after so many judgements inside it the rest of it is assumed to be
    /// untestable too, and said to be.
    Edges {
        /// Judgements inside.
        inside: u32,
    },
    /// Every version of it is judged.
    Exhaustive,
}

impl Default for Gaps {
    fn default() -> Self {
        Self::Edges { inside: 16 }
    }
}

/// How often one trial is wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Noise {
    /// Never. Judgements that contradict one another make it [`Noise::Known`] at [`FLAKY_RATE`].
    #[default]
    None,
    /// At these rates, each in `[0, 1)`.
    Known {
        /// A good version is found bad.
        false_bad: f64,
        /// A bad version is found good.
        false_good: f64,
    },
    /// At rates of which Beta(a, b) is believed at first; `a` and `b` are positive.
    Learned {
        /// Of false bad.
        false_bad: (f64, f64),
        /// Of false good.
        false_good: (f64, f64),
    },
}

/// How to search.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// See [`Rounding`].
    pub rounding: Rounding,
    /// See [`Order`].
    pub order: Order,
    /// See [`Gaps`].
    pub gaps: Gaps,
    /// See [`Noise`].
    pub noise: Noise,
    /// How sure the conclusion has to be, in `(0.5, 1)`. Without noise it is certain anyway.
    pub confidence: f64,
    /// One weight for each version, none negative; all the same if empty. Only ratios count.
    pub prior: Vec<f64>,
    /// How likely it is from the start, in `[0, 1)`, that no version is to blame: what was seen of the
    /// bad version was a flake. If it is not said, it is [`FLAKE`] as soon as trials may be wrong. More
    /// than 0 makes [`Noise::None`] [`Noise::Known`] at [`FLAKY_RATE`].
    pub no_culprit: Option<f64>,
    /// What judging each version costs, all positive; all the same if empty. Only ratios count.
    pub costs: Vec<f64>,
    /// Trials asked for at one judgement, at least 1.
    pub trials: u32,
    /// Trials after which a search that weighs gives up.
    pub budget: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounding: Rounding::default(),
            order: Order::default(),
            gaps: Gaps::default(),
            noise: Noise::default(),
            confidence: 0.99,
            prior: Vec::new(),
            no_culprit: None,
            costs: Vec::new(),
            trials: 1,
            budget: None,
        }
    }
}

impl Options {
    /// Whether these can be used for so many versions.
    fn check(&self, versions: usize) -> Result<(), OptionsError> {
        let wrong = |what: String| Err(OptionsError(what));
        if !(self.confidence > 0.5 && self.confidence < 1.0) {
            let confidence = self.confidence;
            return wrong(format!(
                "the confidence is {confidence}, not between 0.5 and 1"
            ));
        }
        if let Some(no_culprit) = self.no_culprit
            && !(0.0..1.0).contains(&no_culprit)
        {
            return wrong(format!(
                "the probability that no version is to blame is {no_culprit}, not from 0 to below 1"
            ));
        }
        if self.trials == 0 {
            return wrong("a judgement has no trial; it needs at least 1".to_owned());
        }
        for (what, values) in [("weights", &self.prior), ("costs", &self.costs)] {
            if !values.is_empty() && values.len() != versions {
                let count = values.len();
                return wrong(format!("there are {count} {what} for {versions} versions"));
            }
        }
        let is_weight = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        let total: f64 = self.prior.iter().sum();
        if !self.prior.iter().all(is_weight) || !total.is_finite() {
            return wrong("a weight is negative or not finite".to_owned());
        }
        if !self.prior.is_empty() && total <= 0.0 {
            return wrong("all weights are 0; one at least has to be more".to_owned());
        }
        if !self
            .costs
            .iter()
            .all(|cost| cost.is_finite() && *cost > 0.0)
        {
            return wrong("a cost is not positive or not finite".to_owned());
        }
        Ok(())
    }
}

/// A value of [`Options`] that cannot be used, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsError(pub String);

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionsError {}

/// What was seen of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It was judged; trials of one judgement are independent of one another. Not both are 0.
    Trials {
        /// Trials in which it was good.
        good: u32,
        /// Trials in which it was bad.
        bad: u32,
    },
    /// It cannot be judged.
    Untestable(SkipKind),
}

/// A judgement that is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Of what.
    pub candidate: Candidate,
    /// How many trials.
    pub trials: u32,
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Next {
    /// Judgements to begin, the most wanted first; never more than were asked for. A candidate may
    /// be judged several times, one after the other; never twice at a time.
    pub start: Vec<Start>,
    /// Judgements whose results can no longer change anything. What they still say is ignored.
    pub cancel: Vec<Candidate>,
    /// What was found. Nothing is to be started then.
    pub found: Option<Found>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// This version is to blame.
    Culprit {
        /// It.
        candidate: Candidate,
        /// How likely that is right: 1 without noise.
        confidence: f64,
    },
    /// It is one of these, and no judgement can tell which.
    Ambiguous {
        /// All that may be to blame, in order.
        suspects: Vec<Candidate>,
        /// Those among them that were judged and could not be.
        untestable: Vec<Candidate>,
        /// Those among them that were assumed to be untestable.
        assumed: Vec<Candidate>,
    },
    /// No version is to blame.
    NoCulprit {
        /// How likely that is right.
        confidence: f64,
    },
    /// The budget is spent.
    Undecided {
        /// The smallest set that holds the culprit with the wanted confidence, the likeliest first,
        /// each with how likely it is.
        suspects: Vec<(Candidate, f64)>,
    },
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Versions that may still be to blame; of a search that weighs, those of at least 1 %.
    pub left: u32,
    /// About how many rounds of judgements are left.
    pub rounds: u32,
    /// How likely the likeliest version is; none without noise.
    pub confidence: Option<f64>,
}

/// A search.
///
/// Without noise every judgement is believed until two contradict one another; from then on, and from
/// the start if there is noise, all of them are weighed.
pub struct Search {
    history: Arc<History>,
    options: Options,
    method: Method,
    running: BTreeSet<Candidate>,
    /// What was told to be cancelled and has not been heard of since.
    cancelled: BTreeSet<Candidate>,
    /// The most judgements that went on side by side.
    slots: usize,
}

/// How what was seen is dealt with.
enum Method {
    Exact {
        exact: Box<Exact>,
        /// All that was seen, for when it has to be weighed.
        seen: Vec<(Candidate, Seen)>,
    },
    Weighing(Box<Weighing>),
}

/// Weighs although no noise was expected: some judgement must be wrong, or may be.
fn weighing_after_all(
    history: &Arc<History>,
    options: &Options,
) -> Result<Box<Weighing>, OptionsError> {
    let noise = Noise::Known {
        false_bad: FLAKY_RATE,
        false_good: FLAKY_RATE,
    };
    let options = Options {
        noise,
        ..options.clone()
    };
    Weighing::new(Arc::clone(history), &options).map(Box::new)
}

impl Search {
    /// Begins a search in which the last version of `history` is known to be bad, and every parent
    /// that is not in it is known to be good.
    ///
    /// # Errors
    ///
    /// A value of `options` cannot be used.
    pub fn new(history: History, options: Options) -> Result<Self, OptionsError> {
        options.check(history.len())?;
        let history = Arc::new(history);
        let method = match options.noise {
            // That no version is to blame takes a judgement that was wrong.
            Noise::None if options.no_culprit > Some(0.0) => {
                Method::Weighing(weighing_after_all(&history, &options)?)
            }
            Noise::None => Method::Exact {
                exact: Box::new(Exact::new(&history, &options)),
                seen: Vec::new(),
            },
            Noise::Known { .. } | Noise::Learned { .. } => {
                Method::Weighing(Box::new(Weighing::new(Arc::clone(&history), &options)?))
            }
        };
        Ok(Self {
            history,
            options,
            method,
            running: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            slots: 1,
        })
    }

    /// Takes what was seen of a candidate, in any order.
    pub fn observe(&mut self, candidate: Candidate, seen: Seen) {
        let is_known = candidate.index() < self.history.len();
        if self.cancelled.remove(&candidate) || !is_known {
            return;
        }
        self.running.remove(&candidate);
        match &mut self.method {
            Method::Weighing(weighing) => weighing.observe(candidate, seen),
            Method::Exact { exact, seen: all } => {
                all.push((candidate, seen));
                let outcome = match seen {
                    Seen::Trials { good: 0, bad: 0 } => Ok(()),
                    Seen::Trials { bad: 0, .. } => exact.good(candidate),
                    Seen::Trials { good: 0, .. } => exact.bad(candidate),
                    Seen::Trials { .. } => Err(Contradiction),
                    Seen::Untestable(kind) => {
                        exact.untestable(candidate, kind);
                        Ok(())
                    }
                };
                if outcome == Err(Contradiction) {
                    self.weigh();
                }
            }
        }
    }

    /// Weighs from now on, and all that was seen before: judgements contradicted one another, here or
    /// of a version that is not in the history.
    pub fn weigh(&mut self) {
        let Method::Exact { seen, .. } = &self.method else {
            return;
        };
        if let Ok(mut weighing) = weighing_after_all(&self.history, &self.options) {
            for (candidate, seen) in seen {
                weighing.observe(*candidate, *seen);
            }
            self.method = Method::Weighing(weighing);
        }
    }

    /// Forgets that a candidate is being judged: its judgement failed for reasons of its own.
    pub fn withdraw(&mut self, candidate: Candidate) {
        self.cancelled.remove(&candidate);
        if self.running.remove(&candidate)
            && let Method::Weighing(weighing) = &mut self.method
        {
            weighing.withdraw(candidate);
        }
    }

    /// What to do when `free` more judgements can begin.
    pub fn next(&mut self, free: usize) -> Next {
        self.slots = self.slots.max(free.saturating_add(self.running.len()));
        let mut next = match &mut self.method {
            Method::Weighing(weighing) => weighing.next(free),
            Method::Exact { exact, .. } => {
                let (running, cancel): (BTreeSet<_>, BTreeSet<_>) =
                    self.running.iter().partition(|it| exact.is_open(**it));
                let (start, found) = match exact.choose(free, &running) {
                    Choice::Judge(candidates) => (candidates, None),
                    Choice::Found(found) => (Vec::new(), Some(found)),
                };
                let trials = self.options.trials;
                let start = start.into_iter();
                Next {
                    start: start.map(|candidate| Start { candidate, trials }).collect(),
                    cancel: cancel.into_iter().collect(),
                    found,
                }
            }
        };
        for candidate in &next.cancel {
            self.running.remove(candidate);
            self.cancelled.insert(*candidate);
        }
        // What the method before this one began may still go on.
        next.start
            .retain(|start| self.running.insert(start.candidate));
        for start in &next.start {
            self.cancelled.remove(&start.candidate);
        }
        next
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        match &self.method {
            Method::Exact { exact, .. } => exact.progress(self.slots),
            Method::Weighing(weighing) => weighing.progress(),
        }
    }
}
