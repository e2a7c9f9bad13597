//! Why a source cannot be imported at all.

use crate::yaml::Place;

/// A source that cannot be imported. The message is a lowercase fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ImportError {
    /// The line in the source, from 1.
    pub line: usize,
    /// The column in the source, in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl ImportError {
    pub(crate) fn new(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            line: place.line,
            column: place.column,
            message: message.into(),
            help: help.into(),
        }
    }

    /// A problem of the file as a whole.
    pub(crate) fn at_start(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Place { line: 1, column: 1 }, message, help)
    }
}
