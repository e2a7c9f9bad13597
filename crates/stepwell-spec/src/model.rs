//! What a pipeline file says, with the place of everything that a later stage may object to.
//!
//! In an intact pipeline names are well-formed and unique, quantities are within their bounds, and
//! defaults that depend on nothing else are filled in. Whether tasks and jobs that are named exist is
//! not known yet.
//!
//! A pipeline that is not intact holds what could be read, so that the next stage can tell what else
//! is wrong. Where something missing would lead it astray, the model says that it is missing.

use crate::Condition;
use std::ops::Range;
use std::time::Duration;
use stepwell_event::Access;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Byte range into the text.
    pub span: Range<usize>,
}

impl<T> Spanned<T> {
    /// `value`, which stands at `span`.
    pub fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

/// A pipeline file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The pipeline's name.
    pub name: String,
    /// Its variables; names are unique without regard to case.
    pub variables: Vec<Pair>,
    /// The tasks that it declares, in the order of the file.
    pub tasks: Vec<Task>,
    /// Its jobs in the order of the file; at least one if it is intact.
    pub jobs: Vec<Job>,
    /// Whether nothing was wrong with the file.
    pub intact: bool,
}

/// A name with a text: a variable, an input, or an entry of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: Spanned<String>,
    /// The text, which may hold `$(x)`.
    pub value: Spanned<String>,
}

/// A declared task: where it comes from and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The name by which steps call it.
    pub name: Spanned<String>,
    /// A path relative to the pipeline file; `None` is the built-in task of this name.
    pub source: Option<Spanned<String>>,
    /// What it may do.
    pub allow: Allow,
    /// What it may use.
    pub limits: Limits,
    /// Whether its source and what it may do are known. If not, that was reported.
    pub intact: bool,
}

/// What a pipeline allows a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    /// Access to the workspace; `None` where nothing is said.
    pub workspace: Option<Spanned<Access>>,
}

/// The limits that a pipeline sets for a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory.
    pub memory: Option<u64>,
    /// Bytes of output per step.
    pub output: Option<u64>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job's name, unique without regard to case.
    pub name: Spanned<String>,
    /// The names of the jobs that it waits for, as written.
    pub depends_on: Vec<Spanned<String>>,
    /// When it runs.
    pub condition: Condition,
    /// Its steps in order; at least one in an intact pipeline.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The name by which other steps address its outputs, unique in its job without regard to case.
    pub name: Option<String>,
    /// What a person calls it.
    pub display_name: Option<String>,
    /// The task that it runs.
    pub task: Spanned<String>,
    /// What the task is given.
    pub arguments: Arguments,
    /// Whether these are all that the step gives. If not, that was reported.
    pub intact: bool,
    /// The environment of the guest.
    pub env: Vec<Pair>,
    /// When it runs.
    pub condition: Condition,
    /// Wall-clock limit; `None` is no limit.
    pub timeout: Option<Duration>,
    /// A failure counts as succeeded with issues.
    pub continue_on_error: bool,
}

/// What a step gives to its task. Which of them the task takes is known once it is resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Arguments {
    /// Nothing.
    #[default]
    None,
    /// Inputs for a typed task; the span is that of the key `inputs`.
    Inputs(Spanned<Vec<Pair>>),
    /// Arguments for a plain command; the span is that of the key `args`.
    Args(Spanned<Vec<String>>),
}
