//! What the views show of one run that has seen everything.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod diagnostics;
mod run;
