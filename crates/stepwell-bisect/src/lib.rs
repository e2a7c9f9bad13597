//! Finds the first bad version of a history: which version to judge next, and what follows from what
//! was seen.
//!
//! Everything here is pure: no clock, no I/O, no randomness. [`Search`] is given what was seen of
//! candidates and answers which to judge next, which judgements no longer matter, or what was found.

mod batch;
mod exact;
mod history;
mod interaction;
pub mod log_text;
mod search;
mod sums;
mod weighing;

pub use batch::{Batch, Sorted};
pub use history::{Candidate, History, HistoryError};
pub use interaction::{Interaction, Outcome, Step};
pub use search::{
    FLAKE, FLAKY_RATE, Found, Gaps, Next, Noise, Options, OptionsError, Order, Progress, Rounding,
    Search, Seen, Start,
};
