//! What the views show of runs, of plans, and of problems.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod diagnostics;
mod event;
mod finding;
mod grant;
mod plan;
mod published;
mod run;
mod stages;
