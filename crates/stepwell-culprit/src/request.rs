//! What a search is asked for.

use serde::{Deserialize, Serialize};
use stepwell_event::{NoiseModel, OracleSummary, Terms};

/// A search that is to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The project's name.
    pub project: String,
    /// Identifiers of versions that are said to be good; may be empty.
    pub good: Vec<String>,
    /// The identifier of the version that is said to be bad.
    pub bad: String,
    /// Paths that count; all if empty.
    pub paths: Vec<String>,
    /// Whether only first parents are followed.
    pub first_parent: bool,
    /// Who judges.
    pub oracle: OracleSummary,
    /// What the two behaviours are called.
    pub terms: Terms,
    /// How far one trial is trusted.
    pub noise: NoiseModel,
    /// The command that was typed, for people.
    pub command: String,
    /// How to search.
    pub settings: Settings,
    /// Whatever the caller needs to go on with the search in another process. It is kept with the
    /// search and given back as it is.
    pub caller: String,
}

/// How to search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// How many candidates are judged side by side, at least 1.
    pub jobs: u32,
    /// How sure the conclusion has to be, in `(0.5, 1)`.
    pub confidence: f64,
    /// Which ends are judged before the search.
    pub ends: Ends,
    /// Of two versions in the middle the older one is taken.
    pub round_down: bool,
    /// See [`Course`].
    pub course: Course,
    /// Judgements inside a stretch of untestable versions after which the rest of it is assumed to be
    /// untestable too; none to judge every one of them.
    pub inside: Option<u32>,
    /// Trials of one judgement, at least 1.
    pub trials: u32,
    /// How many more times culprit and parents are judged when the culprit is found.
    pub verify: u32,
    /// Whether other culprits are searched for when the first one is found.
    pub all: bool,
    /// Whether judgements of earlier searches are used. Those of this one are kept for later ones, and
    /// stand instead of what was kept before, in any case.
    pub remember: bool,
    /// Trials after which it gives up.
    pub max_trials: Option<u32>,
    /// Milliseconds after which no judgement is begun any more.
    pub max_wall_ms: Option<u64>,
    /// The command that judges one version again, in which `{good}` and `{bad}` stand for the
    /// version's parent and for the version; empty for the usual one.
    pub reproduce: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            jobs: 1,
            confidence: 0.99,
            ends: Ends::default(),
            round_down: false,
            course: Course::default(),
            inside: Some(16),
            trials: 1,
            verify: 1,
            all: false,
            remember: true,
            max_trials: None,
            max_wall_ms: None,
            reproduce: String::new(),
        }
    }
}

/// Which ends are judged before the search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// All.
    #[default]
    Both,
    /// The bad one: the good ones were judged before.
    Bad,
    /// None: a person says what they are.
    Neither,
}

/// In which order a range without noise is searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// From the middle.
    #[default]
    Halving,
    /// Exactly the versions that Git would choose.
    Git,
    /// Back from the newest in steps of 1, 2, 4, ….
    Recent,
}
