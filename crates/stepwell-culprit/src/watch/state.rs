//! What is remembered of a branch from tick to tick.

use serde::{Deserialize, Serialize};
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
    /// The newest version of which all is known that there is to know.
    pub settled: Option<Settled>,
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
