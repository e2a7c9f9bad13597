//! The pipeline file: text to a typed, spanned model and diagnostics.
//!
//! Reading has two passes over one tree. The TOML parser recovers from syntax errors and tells all
//! of them; a hand-written walker then reads what is left and tells all that is wrong with it. Serde
//! would stop at the first problem, and it forgets where a value came from once it has read it.
//!
//! The walker keeps quiet about what a syntax error has broken: nothing is said of values on a
//! damaged line, and nothing is called missing in a damaged file.
//!
//! Every value that a later stage may object to keeps its place as a [`Spanned`].

mod condition;
mod job;
mod model;
mod pipeline;
mod reader;
mod syntax;
mod task;
mod unit;

pub mod duration;
pub mod name;
pub mod size;

pub use condition::Condition;
pub use model::{Allow, Arguments, Job, Limits, Pair, Pipeline, Spanned, Step, Task};
pub use name::did_you_mean;
pub use unit::UnitError;

use stepwell_diagnostic::{Diagnostic, Severity};

/// The largest file that is read. A pipeline written by a person has some kilobytes; the parser
/// needs many times the size of the text, which must stay small next to a step's own memory.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// The most problems told at once. Nobody reads more, and a broken file of [`MAX_FILE_BYTES`] can
/// have a hundred thousand.
pub const MAX_PROBLEMS: usize = 100;

/// Reads a pipeline file. The pipeline is intact exactly if no diagnostic is an error.
///
/// One that is not intact serves to find out what else is wrong. There is none if the file is no TOML,
/// since too much of it may be missing, or if it has more problems than are shown.
#[must_use]
pub fn parse(text: &str) -> (Option<Pipeline>, Vec<Diagnostic>) {
    if text.len() > MAX_FILE_BYTES {
        let message = format!(
            "the file has {} bytes, and a pipeline file has at most {}",
            text.len(),
            size::format(MAX_FILE_BYTES as u64)
        );
        return (None, vec![Diagnostic::error("too-large", message)]);
    }
    let document = syntax::parse(text);
    let is_toml = document.errors.is_empty();
    let mut reader = reader::Reader::new(!is_toml);
    let pipeline = document
        .root
        .as_ref()
        .map(|root| pipeline::read(&mut reader, root, text));

    let damaged = syntax::Lines::of(text, &document.errors);
    let mut diagnostics = reader.into_diagnostics();
    diagnostics.retain(|diagnostic| !damaged.contains(diagnostic.position()));
    diagnostics.extend(document.errors);
    let intact = !diagnostics.iter().any(Diagnostic::is_error);
    let pipeline = pipeline
        .filter(|_| is_toml && diagnostics.len() <= MAX_PROBLEMS)
        .map(|pipeline| Pipeline { intact, ..pipeline });
    (pipeline, in_reading_order(diagnostics))
}

/// Puts diagnostics in the order of the file, and keeps the first [`MAX_PROBLEMS`] with a last one
/// that counts the others.
#[must_use]
pub fn in_reading_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(Diagnostic::position);
    if diagnostics.len() > MAX_PROBLEMS {
        let hidden = diagnostics.split_off(MAX_PROBLEMS);
        let message = format!("{} more problems are not shown", hidden.len());
        let build = match hidden.iter().map(|diagnostic| diagnostic.severity).max() {
            Some(Severity::Error) => Diagnostic::error,
            Some(Severity::Warning) | None => Diagnostic::warning,
        };
        diagnostics.push(build("too-many-problems", message));
    }
    diagnostics
}
