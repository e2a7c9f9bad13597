//! What the host lends to an oracle while it judges one candidate.

pub use crate::bindings::host::stepwell::bisect::lab::{
    LabError, Origin, Overlay, RunEnd, RunRequest, RunResult, StepEnd, StepResult,
};
use crate::{Evidence, Observation, Refusal, host};

/// Runs a pipeline of the project on the candidate, in a clean copy of its files, and waits for its
/// end.
///
/// # Errors
///
/// There is no such pipeline, or the host did not run it.
pub fn run_pipeline(request: &RunRequest) -> Result<RunResult, LabError> {
    host::run_pipeline(request)
}

/// A file that the last run left in its workspace, at most 16 MiB.
///
/// # Errors
///
/// Nothing ran yet, or the file is not there or too large.
pub fn read_result(path: &str) -> Result<Vec<u8>, LabError> {
    host::read_result(path)
}

/// Asks another oracle of the project about the same candidate.
///
/// # Errors
///
/// There is no such oracle, or it did not judge.
pub fn consult(oracle: &str, trials: u32, seed: u32) -> Result<Observation, LabError> {
    host::consult(oracle, trials, seed)
}

/// What the candidate changed against its first parent, as a unified diff of at most 1 MiB.
///
/// # Errors
///
/// It is too large, or the host could not make it.
pub fn patch() -> Result<String, LabError> {
    host::patch()
}

/// Keeps a file of at most 16 MiB for people.
///
/// # Errors
///
/// The name cannot be used, or it is too much.
pub fn keep(name: &str, media_type: &str, content: &[u8]) -> Result<Evidence, LabError> {
    host::keep(name, media_type, content)
}

impl RunRequest {
    /// A run of the project's pipeline in this file, relative to the project; an empty name is the
    /// pipeline that the search was given.
    #[must_use]
    pub fn new(pipeline: impl Into<String>) -> Self {
        Self {
            pipeline: pipeline.into(),
            origin: Origin::Project,
            overlays: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// Takes the pipeline's text from the candidate.
    #[must_use]
    pub fn of_candidate(mut self) -> Self {
        self.origin = Origin::Candidate;
        self
    }

    /// Lays a file over the candidate's.
    #[must_use]
    pub fn overlay(mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.overlays.push(Overlay {
            path: path.into(),
            content: content.into(),
        });
        self
    }

    /// Sets a variable, over the pipeline's own.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }
}

impl RunResult {
    /// The step of this name that ended last.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepResult> {
        self.steps.iter().rev().find(|step| step.name == name)
    }
}

impl LabError {
    /// What it says.
    #[must_use]
    pub fn message(&self) -> &str {
        let (Self::NotFound(message)
        | Self::Denied(message)
        | Self::Invalid(message)
        | Self::TooLarge(message)
        | Self::Infrastructure(message)) = self;
        message
    }
}

/// What the machine failed at may work another time; the rest is for the user to put right.
impl From<LabError> for Refusal {
    fn from(error: LabError) -> Self {
        match error {
            LabError::Infrastructure(message) => Self::Transient(message),
            LabError::NotFound(message)
            | LabError::Denied(message)
            | LabError::Invalid(message)
            | LabError::TooLarge(message) => Self::Misconfigured(message),
        }
    }
}
