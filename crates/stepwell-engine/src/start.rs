//! What crosses the border between a run and its jobs.

use std::sync::Arc;
use stepwell_event::{Snapshot, StepResult};

/// What a run begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Where the run comes from; told with the first event.
    pub snapshot: Snapshot,
    /// The run's number.
    pub number: String,
    /// Milliseconds since the Unix epoch, for `pipeline.startTime`.
    pub started_ms: u64,
    /// The variables of the whole pipeline, evaluated but not expanded, names unique without regard
    /// to case: predefined ones and the pipeline's own.
    pub variables: Vec<StartVariable>,
}

/// A variable that a job starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartVariable {
    /// The name.
    pub name: String,
    /// The value, which may hold `$(x)`.
    pub value: String,
    /// Whether the value must not be seen.
    pub secret: bool,
    /// Whether changing it by command is an error.
    pub read_only: bool,
    /// Whether the value may hold words of a step. Secrets that it refers to are not put in: a step
    /// would else have another read a secret that was not given to it.
    pub untrusted: bool,
}

/// What a job, or one leg of it, is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStart {
    /// Its position in the plan.
    pub job: usize,
    /// Its identifier, with the leg's name.
    pub id: Arc<str>,
    /// Its variables, names unique without regard to case.
    pub variables: Vec<StartVariable>,
    /// When the run began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Secrets of jobs that ended before. A file can carry one from job to job, so they are masked
    /// in all that start later.
    pub secrets: Vec<String>,
}

/// How a job, or one leg of it, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEnd {
    /// The result.
    pub result: StepResult,
    /// What other jobs can read of it.
    pub outputs: Vec<OutputVariable>,
    /// The secrets that it knew.
    pub secrets: Vec<String>,
}

/// An output variable of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputVariable {
    /// The step's name, a dot, and the variable's.
    pub name: String,
    /// The value, expanded.
    pub value: String,
    /// Whether the value must not be seen.
    pub secret: bool,
}
