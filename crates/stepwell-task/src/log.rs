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

/// Tells how far a task is that works on one item after another.
///
/// It speaks only when the percentage changes, so it can be called for each of a million items.
///
/// ```
/// use stepwell_task::Progress;
///
/// let files = ["a.md", "b.md"];
/// let mut progress = Progress::of(files.len());
/// for file in files {
///     progress.begin(file);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Progress {
    total: usize,
    begun: usize,
    told: Option<u32>,
}

impl Progress {
    /// Nothing is done of this many items.
    #[must_use]
    pub fn of(total: usize) -> Self {
        Self {
            total,
            begun: 0,
            told: None,
        }
    }

    /// Says that the next item is begun, and the ones before are done.
    pub fn begin(&mut self, item: &str) {
        if let Some(percent) = self.advance() {
            progress(percent, item);
        }
    }

    fn advance(&mut self) -> Option<u32> {
        let done = self.begun.min(self.total) as u128;
        self.begun = self.begun.saturating_add(1);
        let percent = u32::try_from(done * 100 / (self.total as u128).max(1)).unwrap_or(100);
        (self.told != Some(percent)).then(|| *self.told.insert(percent))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(total: usize, items: usize) -> Vec<u32> {
        let mut progress = Progress::of(total);
        (0..items).filter_map(|_| progress.advance()).collect()
    }

    #[test]
    fn progress_is_told_when_it_changes_and_stays_in_its_range() {
        assert_eq!(told(3, 3), [0, 33, 66]);
        assert_eq!(told(1000, 25), [0, 1, 2]);
        assert_eq!(told(2, 5), [0, 50, 100]);
        assert_eq!(told(0, 2), [0]);
        assert_eq!(told(usize::MAX, 1), [0]);
    }
}
