//! Finds the first bad version of a history: which version to judge next, and what follows from what
//! was seen.
//!
//! Everything here is pure: no clock, no I/O, no randomness. [`Search`] is given what was seen of
//! candidates and answers which to judge next, which judgements no longer matter, or what was found.

mod exact;
mod history;
mod search;
mod weighing;

pub use history::{Candidate, History, HistoryError};
pub use search::{
    Found, Gaps, Next, Noise, Options, OptionsError, Order, Progress, Rounding, Search, Seen, Start,
};
