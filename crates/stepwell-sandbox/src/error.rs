//! Why a sandbox cannot be set up, and why a file cannot be a task.

use crate::outcome;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The sandbox could not be set up: a defect of the host, not of a task.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the sandbox")]
pub struct SandboxError(#[source] pub(crate) Box<dyn std::error::Error + Send + Sync>);

/// Why a file cannot be a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadError {
    kind: LoadErrorKind,
    message: String,
    help: Option<String>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LoadErrorKind {
    /// No WebAssembly at all.
    NotWasm,
    /// A core module without what a command needs.
    CoreModule,
    /// The file ends too early.
    Truncated,
    /// The file is too large.
    TooLarge,
    /// A count or depth is over its limit.
    TooComplex,
    /// Damaged, or against the rules of WebAssembly.
    Malformed,
    /// It imports what Stepwell does not offer.
    UnknownImport,
    /// It does not export what a task or a command exports.
    MissingExport,
    /// It is two things at once, such as a task and an oracle.
    TwoRoles,
    /// An import or export has another type than expected.
    WrongType,
    /// It did not say what it is.
    Describe,
    /// Compiling it takes too long, or too much memory.
    TooCostly,
}

impl LoadError {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: LoadErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: outcome::shortened(message.into()),
            help: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> LoadErrorKind {
        self.kind
    }

    /// What to do, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LoadError {}
