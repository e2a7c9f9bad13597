//! What is remembered of a branch from tick to tick.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use stepwell_event::Version;

/// What is known of a branch that is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct State {
    /// When the last tick began, in milliseconds since 1970.
    pub last_tick_ms: Option<u64>,
    /// The newest version that is known to be good.
    pub good: Option<Version>,
    /// The version that was published last. Not the good one if publishing it failed.
    pub published: Option<String>,
    /// How many times a version was published.
    pub publications: u64,
    /// What was published in part.
    pub partly: Option<Partly>,
    /// The newest version of which all is known that there is to know.
    pub settled: Option<Settled>,
}

/// What was done of publishing a version before something of it failed. It is not done again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Partly {
    /// The version.
    pub version: String,
    /// Whether the project's steps succeeded.
    pub steps: bool,
    /// The publishers that published it.
    pub publishers: BTreeSet<String>,
}

/// A range about which nothing more can be found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settled {
    /// The newest version.
    pub head: String,
    /// The versions that were found or said to be good.
    pub bases: Vec<String>,
}
