//! The one interface of all methods.

use crate::history::{Candidate, History};
use std::fmt;
use stepwell_event::SkipKind;

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
    /// Exactly the versions that Git would choose, skips included.
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
    /// Never. Judgements that contradict one another make it [`Noise::Known`] at 10 %.
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
    /// bad version was a flake.
    pub no_culprit: f64,
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
            no_culprit: 0.0,
            costs: Vec::new(),
            trials: 1,
            budget: None,
        }
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
pub struct Search;

impl Search {
    /// Begins a search in which the last version of `history` is known to be bad, and every parent
    /// that is not in it is known to be good.
    ///
    /// # Errors
    ///
    /// A value of `options` cannot be used.
    pub fn new(_history: History, _options: Options) -> Result<Self, OptionsError> {
        Err(OptionsError("not written yet".to_owned()))
    }

    /// Takes what was seen of a candidate, in any order.
    pub fn observe(&mut self, _candidate: Candidate, _seen: Seen) {}

    /// Forgets that a candidate is being judged: its judgement failed for reasons of its own.
    pub fn withdraw(&mut self, _candidate: Candidate) {}

    /// What to do when `free` more judgements can begin.
    pub fn next(&mut self, _free: usize) -> Next {
        Next::default()
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            left: 0,
            rounds: 0,
            confidence: None,
        }
    }
}
