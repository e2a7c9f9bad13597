//! Files that test tools and coverage tools write, as counts.
//!
//! [`test_results`] reads what `results.publish` names, [`coverage`] what `codecoverage.publish`
//! names. Both give counts, not models of the files: a report says how many tests there were, how
//! many failed, and which. The counts come from the tests themselves, because the sums that tools
//! write next to them are often absent and sometimes wrong.
//!
//! The files come from guests that nobody trusts. The caller bounds how many bytes there are; time
//! and memory are linear in them. A document type is skipped, so no entity is ever expanded; elements
//! nest up to [`MAX_DEPTH`], without recursion; names, messages and lists are cut. Nothing panics.
//!
//! Real tools are sloppy, so reading is lenient where the counts do not suffer: unknown elements and
//! attributes, unreadable times, undeclared entities and bytes that are no UTF-8 are no errors. A
//! file that is cut off is one, since it would hide tests. What does not say in known words that it
//! passed or was skipped has failed.

mod bound;
mod coverage;
mod ctest;
mod encoding;
mod error;
mod format;
mod junit;
mod name;
mod nunit;
mod reading;
mod results;
mod time;
mod trx;
mod xml;
mod xunit;

pub use coverage::{Coverage, CoverageTool, Ratio, coverage};
pub use error::{Problem, ResultsError};
pub use format::{TestFormat, junit_tests, test_results};
pub use name::UnknownName;
pub use reading::{Outcome, Test};
pub use results::{Failure, TestResults};

/// Elements may be this deep inside of each other.
pub const MAX_DEPTH: usize = 256;

/// As many failures are kept; all are counted.
pub const MAX_FAILURES: usize = 100;

/// As many names of suites are kept.
pub const MAX_SUITES: usize = 100;

/// The most bytes that are kept of a name.
pub const MAX_NAME_BYTES: usize = 500;

/// The most lines that are kept of a failure's message.
pub const MAX_MESSAGE_LINES: usize = 10;

/// The most bytes that are kept of a failure's message.
pub const MAX_MESSAGE_BYTES: usize = 2_000;
