//! What a task tells its readers.

use crate::bindings::stepwell::task::logging::{IssueRecord, Severity};
use crate::host;

pub use crate::bindings::stepwell::task::logging::{Completion, Level};

/// Writes a message to the step's log. [`info!`](crate::info!) and its kin are shorter.
pub fn log(level: Level, message: &str) {
    host::log(level, message);
}

/// Tells how far the task is, from 0 to 100, and what it is doing.
///
/// ```
/// stepwell_task::progress(50, "reading lock files");
/// ```
pub fn progress(percent: u32, message: &str) {
    host::progress(percent.min(100), message);
}

/// Reports a result besides what the task's function returns; the worse of the two counts.
///
/// ```
/// use stepwell_task::{Completion, complete};
///
/// complete(Completion::SucceededWithIssues, "3 links are redirects");
/// ```
pub fn complete(result: Completion, message: &str) {
    host::complete(result, message);
}

/// A problem in the user's files or in the work of the task: it is counted, and shown at its place.
///
/// ```
/// use stepwell_task::Issue;
///
/// Issue::warning("line is longer than 100 characters")
///     .at("src/main.rs")
///     .line(12)
///     .column(101)
///     .code("long-line")
///     .report();
/// ```
#[derive(Debug, Clone)]
#[must_use = "an issue is told with `report`"]
pub struct Issue(IssueRecord);

impl Issue {
    /// Something is wrong. By itself it does not fail the step.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    /// Something is off.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    fn new(severity: Severity, message: String) -> Self {
        Self(IssueRecord {
            severity,
            message,
            path: None,
            line: None,
            column: None,
            code: None,
        })
    }

    /// The file, relative to the workspace.
    pub fn at(mut self, path: impl ToString) -> Self {
        self.0.path = Some(path.to_string());
        self
    }

    /// The line, from 1.
    pub fn line(mut self, line: u32) -> Self {
        self.0.line = Some(line);
        self
    }

    /// The column, from 1.
    pub fn column(mut self, column: u32) -> Self {
        self.0.column = Some(column);
        self
    }

    /// The rule or error code.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Tells it.
    pub fn report(self) {
        host::issue(&self.0);
    }
}

/// Writes to the log for the author of the task; hidden by default.
#[macro_export]
macro_rules! debug {
    ($($message:tt)+) => {
        $crate::log($crate::Level::Debug, &::std::format!($($message)+))
    };
}

/// Writes to the log.
#[macro_export]
macro_rules! info {
    ($($message:tt)+) => {
        $crate::log($crate::Level::Info, &::std::format!($($message)+))
    };
}

/// Writes to the log that something is off. To have it counted, report an
/// [`Issue`](crate::Issue).
#[macro_export]
macro_rules! warning {
    ($($message:tt)+) => {
        $crate::log($crate::Level::Warning, &::std::format!($($message)+))
    };
}

/// Writes to the log that something is wrong. To have it counted, report an
/// [`Issue`](crate::Issue).
#[macro_export]
macro_rules! error {
    ($($message:tt)+) => {
        $crate::log($crate::Level::Error, &::std::format!($($message)+))
    };
}
