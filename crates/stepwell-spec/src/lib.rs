//! The pipeline file: text to a typed, spanned model and diagnostics.
//!
//! Reading has three passes over one tree. The TOML parser recovers from syntax errors and tells all
//! of them; [`template`] expands what is parametrised or included, and a hand-written walker then
//! reads the result as if somebody had written it, and tells all that is wrong with it. Serde would
//! stop at the first problem, and it forgets where a value came from once it has read it.
//!
//! The walker keeps quiet about what a syntax error has broken: nothing is said of values on a
//! damaged line, and nothing is called missing in a damaged file.
//!
//! Every value that a later stage may object to keeps its place as a [`Spanned`].

mod allowance;
mod argument;
mod bisect;
mod demand;
mod expression;
mod host;
mod job;
mod limit;
mod model;
mod network;
mod part;
mod pipeline;
mod quantity;
mod reader;
mod schedule;
mod seen;
mod stage;
mod step;
mod strategy;
mod syntax;
mod task;
mod template;
mod tree;
mod unit;
mod variable;
mod watch;

pub mod count;
pub mod duration;
pub mod name;
pub mod pattern;
pub mod secret;
pub mod size;

pub use bisect::{confidence, learned, noise};
pub use host::{Host, Isolation, Mail, MailEncryption, read_host};
pub use job::{DEFAULT_CANCEL_TIMEOUT, DEFAULT_TIMEOUT};
pub use model::{
    Allow, Arguments, Bisect, Clock, Commands, DEFAULT_STAGE, Demand, Job, Leg, Legs, Limits, Pair,
    Part, PartKind, PartSource, Pipeline, Random, Schedule, Spanned, Stage, Step, Strategy, Task,
    Times, Variable, VariableValue, Watch,
};
pub use name::did_you_mean;
pub use part::input_value;
pub use unit::UnitError;

use std::collections::HashSet;
use stepwell_diagnostic::{Diagnostic, Severity, Sources};
use tree::Tree;

/// The largest file that is read. A pipeline written by a person has some kilobytes; the parser
/// needs many times the size of the text, which must stay small next to a step's own memory.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// The most problems told at once. Nobody reads more, and a broken file of [`MAX_FILE_BYTES`] can
/// have a hundred thousand.
pub const MAX_PROBLEMS: usize = 100;

/// The files of a project that a pipeline can include.
pub trait Files {
    /// The text of a file. `path` is relative to the project's root, without `.` and `..`, and has `/`
    /// between its parts.
    ///
    /// # Errors
    ///
    /// Says as a lowercase fragment why it cannot be read.
    fn read(&mut self, path: &str) -> Result<String, String>;
}

/// A pipeline that is to be read.
pub struct Request<'r> {
    /// The file as it is shown to people.
    pub name: &'r str,
    /// Where it lies: relative to the project's root, with `/` between the parts. Templates are
    /// looked for from there.
    pub path: &'r str,
    /// Its text.
    pub text: &'r str,
    /// The parameters that the command line gives.
    pub parameters: &'r [(String, String)],
    /// Where templates are read from.
    pub files: &'r mut dyn Files,
}

/// What became of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The pipeline with its templates expanded. It is intact exactly if no diagnostic is an error.
    ///
    /// One that is not intact serves to find out what else is wrong. There is none if too much of it
    /// may be missing: if a file is no TOML, if it cannot be expanded, or if it has more problems than
    /// are shown.
    pub pipeline: Option<Pipeline>,
    /// What is wrong, in reading order: the pipeline's own file first, then the templates as they were
    /// included.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that places refer to. The first is the pipeline's own.
    pub sources: Sources,
}

/// Reads a pipeline with everything that it includes.
#[must_use]
pub fn read(request: Request<'_>) -> Reading {
    let text = request.text;
    let sources = Sources::of(request.name, text);
    if text.len() > MAX_FILE_BYTES {
        let message = format!(
            "the file has {} bytes, and a pipeline file has at most {}",
            text.len(),
            size::format(MAX_FILE_BYTES as u64)
        );
        return Reading {
            pipeline: None,
            diagnostics: vec![Diagnostic::error("too-large", message)],
            sources,
        };
    }
    let document = syntax::parse(text);
    let is_toml = document.errors.is_empty();
    let root = document.root.as_ref().map(|root| Tree::table(root, 0));
    let Some(Tree::Table(members)) = root else {
        return Reading {
            pipeline: None,
            diagnostics: in_reading_order(document.errors),
            sources,
        };
    };
    let expansion = template::expand(
        template::Document {
            path: request.path,
            text,
            members,
            damaged: !is_toml,
        },
        request.parameters,
        request.files,
        sources,
    );
    let mut reader = reader::Reader::new(!is_toml || !expansion.complete);
    let pipeline = expansion
        .members
        .map(|members| pipeline::read(&mut reader, &members, text));

    let damaged = syntax::Lines::of(text, &document.errors);
    let mut diagnostics = expansion.problems;
    diagnostics.extend(reader.into_diagnostics());
    diagnostics.retain(|diagnostic| {
        let position = diagnostic.position();
        position > text.len() || !damaged.contains(position)
    });
    diagnostics.extend(document.errors);
    // What stands in a loop is read in each of its turns.
    let mut told = HashSet::new();
    diagnostics.retain(|told_here| told.insert((told_here.position(), told_here.message.clone())));
    let errors = diagnostics.iter().filter(|told_here| told_here.is_error());
    let errors = errors.count();
    let whole = is_toml && expansion.complete && errors <= MAX_PROBLEMS;
    let pipeline = pipeline.filter(|_| whole).map(|pipeline| Pipeline {
        intact: errors == 0,
        parameters: expansion.parameters,
        ..pipeline
    });
    Reading {
        pipeline,
        diagnostics: in_reading_order(diagnostics),
        sources: expansion.sources,
    }
}

/// Reads a pipeline file that includes no other and has no parameters without a default.
#[must_use]
pub fn parse(text: &str) -> (Option<Pipeline>, Vec<Diagnostic>) {
    struct Nothing;

    impl Files for Nothing {
        fn read(&mut self, _: &str) -> Result<String, String> {
            Err("there are no other files here".to_owned())
        }
    }

    let reading = read(Request {
        name: "",
        path: "",
        text,
        parameters: &[],
        files: &mut Nothing,
    });
    (reading.pipeline, reading.diagnostics)
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
