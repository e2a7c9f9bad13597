//! What those are handed who tell of a culprit and who publish a version.

use crate::{Finite, Person, Version};
use serde::{Deserialize, Serialize};

/// What a notifier is handed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Notice {
    /// What it is known by, also when it is told again: 64 hexadecimal digits.
    pub key: String,
    /// The project.
    pub project: String,
    /// The version that is to blame.
    pub culprit: Version,
    /// Who is to be told.
    pub recipient: Person,
    /// The newest version that is good.
    pub newest_good: Option<Version>,
    /// What failed, in one line.
    pub reason: String,
    /// What kind of failure it is.
    pub signature: Option<String>,
    /// How likely the culprit is right, from 0 to 1.
    pub confidence: Finite,
    /// The command that judges the culprit again.
    pub reproduce: String,
    /// The whole report as JSON.
    pub report_json: String,
    /// The whole report for people.
    pub report_markdown: String,
}

/// What a publisher is handed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Release {
    /// What the publication is known by, also when it is tried again: 64 hexadecimal digits.
    pub key: String,
    /// The project.
    pub project: String,
    /// The branch, as the project names it.
    pub branch: String,
    /// The version.
    pub version: Version,
    /// The version that was published before.
    pub previous: Option<String>,
}
