//! Problems in what a user wrote, as plain data.
//!
//! A [`Diagnostic`] says what is wrong, where, and what to do. It knows nothing of terminals: the
//! report crate renders it, the server can send it as JSON. Everything that reads user input
//! returns a value *and* the diagnostics, so that one pass tells all problems of a file.

mod source;

pub use source::{Source, Sources};

use serde::Serialize;
use std::ops::Range;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the input is still used.
    Warning,
    /// The input cannot be used.
    Error,
}

/// A place in the source text and what to say there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// A byte range into the source text, or into the address space of several ([`Sources`]).
    pub span: Range<usize>,
    /// A lowercase fragment shown under the underline; may be empty.
    pub message: String,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A stable kebab-case name for this kind of problem, such as `unknown-key`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence fragment without a period: what is wrong.
    pub message: String,
    /// Where; the first is the primary one. Empty when the problem has no place in the text.
    pub labels: Vec<Label>,
    /// What to do, one hint each; may hold several lines.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error of kind `code`.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning of kind `code`.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, span: Range<usize>, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn help(mut self, hint: impl Into<String>) -> Self {
        self.help.push(hint.into());
        self
    }

    /// Whether the input cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The byte where the primary label starts, for putting diagnostics in reading order.
    #[must_use]
    pub fn position(&self) -> usize {
        self.labels.first().map_or(0, |label| label.span.start)
    }
}
