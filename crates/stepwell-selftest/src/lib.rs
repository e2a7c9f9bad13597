//! Tries to break out of the sandbox, on the operator's own machine.
//!
//! A [`Case`] is one attempt: a program that tries it, what it is given, and what must come of it.
//! [`attempts`] is the list of all of them; [`Suite`] runs them through the same code that runs
//! steps, judges each, and then looks whether anything was left behind or has leaked. What an
//! attempt says of itself is only a claim: that it was stopped is read from the typed outcome, that
//! nothing was changed from the files, and what it took from the kernel.
//!
//! - `case`, `cases`: the attempts as data.
//! - `handmade`: components that no compiler would write.
//! - `arena`, `processes`, `recorder`, `place`: how one is run, what is heard of it, where its files are.
//! - `trial`, `judge`: from a case to a verdict.
//! - `suite`, `process`, `canary`: all of them, and what must hold over all of them.
//! - `table`: the words for people.

mod arena;
mod canary;
mod case;
mod cases;
mod handmade;
mod judge;
mod place;
mod process;
mod processes;
mod recorder;
mod suite;
mod table;
mod trial;

pub use arena::{Arena, Ending, Instances};
pub use case::{Case, Kind, Must, Word};
pub use cases::attempts;
pub use handmade::guest;
pub use process::Holdings;
pub use processes::Processes;
pub use suite::{Progress, SelftestError, Suite, Summary, Wall};
pub use table::{heading, line, row, summary_lines};
pub use trial::{Trial, Verdict};
