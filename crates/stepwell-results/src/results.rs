//! What tests came to.

use crate::{MAX_FAILURES, MAX_SUITES};
use std::time::Duration;

/// What the tests of one or more files came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestResults {
    /// The names of the outermost suites, the first [`MAX_SUITES`] of them.
    pub suites: Vec<String>,
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed or could not be run to their end.
    pub failed: u64,
    /// Tests that did not run or came to no verdict.
    pub skipped: u64,
    /// How long the tests took, one after the other; more than a clock shows if they ran at once.
    pub duration: Duration,
    /// The first [`MAX_FAILURES`] tests that failed.
    pub failures: Vec<Failure>,
}

/// A test that failed. Its texts are a guest's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The class or suite and the test: `shop.CartTest > total_is_rounded`.
    pub name: String,
    /// The first lines of what the test said.
    pub message: String,
}

impl TestResults {
    /// All tests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.passed
            .saturating_add(self.failed)
            .saturating_add(self.skipped)
    }

    /// Adds the tests of another file.
    pub fn merge(&mut self, other: Self) {
        self.suites.extend(other.suites);
        self.suites.truncate(MAX_SUITES);
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
        self.duration = self.duration.saturating_add(other.duration);
        self.failures.extend(other.failures);
        self.failures.truncate(MAX_FAILURES);
    }
}
