//! What a step may do beyond computing, as the sandbox is told it. Nothing is granted by default.

use crate::Access;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A directory of the host that becomes the guest's root directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WorkspaceGrant {
    /// The directory on the host.
    pub path: PathBuf,
    /// What may be done everywhere in it; `None` where only folders are granted.
    pub access: Access,
    /// Folders of it with more access than the rest: paths relative to it, `/` between names, without
    /// `.` and `..`, each at most once.
    #[serde(default)]
    pub folders: Vec<(String, Access)>,
}

/// What a step may do besides reading and writing its workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Grants {
    /// Bytes of an empty folder `/tmp` that is removed with the step; `None` is no such folder.
    #[serde(default)]
    pub scratch: Option<u64>,
    /// Requests that it may send by `wasi:http`.
    #[serde(default)]
    pub http: Vec<HttpRule>,
    /// Secrets that it may ask for by name.
    #[serde(default)]
    pub secrets: Vec<(String, String)>,
    /// The time that it sees.
    #[serde(default)]
    pub clock: Clock,
    /// The random bytes that it gets.
    #[serde(default)]
    pub random: Random,
}

/// Requests that a step may send: all that fit every part of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HttpRule {
    /// Whether the rule is for `https`, the default of the pipeline file, or for `http`.
    pub tls: bool,
    /// The host's name in lower case without a final dot, or an address without brackets. `*.` in
    /// front stands for one or more names.
    pub host: String,
    /// The port: 443 or 80 where the file says nothing.
    pub port: u16,
    /// The methods in upper case; empty is any.
    pub methods: Vec<String>,
    /// Patterns for the path, of which one must fit: `*` stands for any text without `/`, `**` for any
    /// text. Empty is any path.
    pub paths: Vec<String>,
    /// Headers that the host sets on each request, over the guest's own: names in lower case, and
    /// values with secrets filled in. The guest never sees them.
    pub headers: Vec<(String, String)>,
}

/// The time that a step sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Clock {
    /// The host's, in steps of 100 µs.
    #[default]
    Real,
    /// One that stands still.
    Frozen {
        /// At this many milliseconds since 1970.
        at_ms: u64,
    },
}

/// The random bytes that a step gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Random {
    /// The system's.
    #[default]
    Real,
    /// The same for every run.
    Seeded {
        /// What they are made from.
        seed: u64,
    },
}
