//! A pipeline that runs on the candidate.

use crate::settings::{Result as Configured, Settings};
use crate::signature::normalized;
use stepwell_oracle::lab::{
    self, LabError, Origin, RunEnd, RunRequest, RunResult, StepEnd, StepResult,
};
use stepwell_oracle::{Refusal, SkipKind};

/// Which pipeline is run, and how: the inputs that all oracles which run one share.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    file: String,
    origin: Origin,
    variables: Vec<(String, String)>,
    seed_variable: Option<String>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Ran {
    /// It ended, and its end is the candidate's.
    Ended(RunResult),
    /// It says nothing of the candidate.
    Skip(SkipKind, String),
}

impl Pipeline {
    /// Takes `pipeline`, `of`, `variables` and `seed-variable` out of the settings.
    ///
    /// # Errors
    ///
    /// One of them does not fit.
    pub fn new(settings: &mut Settings) -> Configured<Self> {
        Ok(Self {
            file: settings.text("pipeline")?.unwrap_or_default(),
            origin: settings.choice(
                "of",
                [
                    ("project", Origin::Project),
                    ("candidate", Origin::Candidate),
                ],
            )?,
            variables: settings.table("variables")?,
            seed_variable: settings.text("seed-variable")?,
        })
    }

    /// Whether a step that is missing may be missing in this candidate only.
    #[must_use]
    pub fn is_of_candidate(&self) -> bool {
        self.origin == Origin::Candidate
    }

    /// Runs it, in a clean copy of the candidate.
    ///
    /// # Errors
    ///
    /// It cannot be run, whatever the candidate is.
    pub fn run(&self, seed: u32) -> Result<Ran, Refusal> {
        let mut variables = self.variables.clone();
        if let Some(name) = &self.seed_variable {
            variables.push((name.clone(), seed.to_string()));
        }
        let request = RunRequest {
            pipeline: self.file.clone(),
            origin: self.origin,
            overlays: Vec::new(),
            variables,
        };
        match lab::run_pipeline(&request) {
            Ok(result) => Ok(unless_the_machine_failed(result)),
            Err(error) => self.not_run(error),
        }
    }

    fn not_run(&self, error: LabError) -> Result<Ran, Refusal> {
        match error {
            LabError::NotFound(message) if self.is_of_candidate() => {
                Ok(Ran::Skip(SkipKind::TestAbsent, message))
            }
            LabError::Invalid(message) if self.is_of_candidate() => {
                Ok(Ran::Skip(SkipKind::BuildBroken, message))
            }
            LabError::TooLarge(message) => Ok(Ran::Skip(SkipKind::Other, message)),
            error => Err(error.into()),
        }
    }
}

/// Whatever else happened in it, a run in which the machine failed is no trial.
fn unless_the_machine_failed(result: RunResult) -> Ran {
    let failed = result.steps.iter().find(|step| is_of_the_machine(step));
    match failed {
        Some(step) => Ran::Skip(SkipKind::Infrastructure, told(step, "was lost")),
        None => Ran::Ended(result),
    }
}

/// A step that was tried again is there with how it ended in the end.
fn is_of_the_machine(step: &StepResult) -> bool {
    step.end != StepEnd::Succeeded && matches!(step.cause.as_str(), "infra-lost" | "host-failed")
}

/// The first step that was stopped by the clock, and not tolerated by the pipeline.
#[must_use]
pub fn late(result: &RunResult) -> Option<&StepResult> {
    let mut steps = result.steps.iter();
    steps.find(|step| {
        matches!(step.end, StepEnd::Failed | StepEnd::Canceled) && step.cause == "timed-out"
    })
}

/// Why a run that was stopped before its end says nothing; `None` if it was not stopped.
#[must_use]
pub fn stopped(result: &RunResult) -> Option<(SkipKind, String)> {
    if let Some(step) = late(result) {
        return Some((SkipKind::Timeout, told(step, "took too long")));
    }
    if result.end == RunEnd::Canceled {
        let reason = "the run was canceled".to_owned();
        return Some((SkipKind::Infrastructure, reason));
    }
    None
}

/// The steps that ended in this way. Jobs run side by side, so the order is that of their names first:
/// the first is the same in every run of the candidate.
pub fn steps_that(result: &RunResult, end: StepEnd) -> Vec<&StepResult> {
    let mut steps: Vec<_> = result.steps.iter().filter(|step| step.end == end).collect();
    // Stable: within a job the order in which they ended stays.
    steps.sort_by(|a, b| a.job.cmp(&b.job));
    steps
}

/// Whether the step is meant by `name`: its own, or the one after its job's and a dot.
#[must_use]
pub fn is_called(step: &StepResult, name: &str) -> bool {
    let with_job = name
        .strip_prefix(step.job.as_str())
        .and_then(|rest| rest.strip_prefix('.'));
    step.name == name || with_job == Some(&step.name)
}

/// A step and what happened to it, in one line.
#[must_use]
pub fn told(step: &StepResult, what: &str) -> String {
    let StepResult { job, name, .. } = step;
    let reason = format!("step `{name}` of job `{job}` {what}");
    match step.message.lines().next() {
        None | Some("") => reason,
        Some(message) => format!("{reason}: {message}"),
    }
}

/// What two failures of the same cause in the same step share.
#[must_use]
pub fn signature(step: &StepResult) -> String {
    let StepResult {
        job, name, cause, ..
    } = step;
    let code = step.exit_code.map(|code| format!(" {code}"));
    let message = normalized(&step.message);
    let separator = if message.is_empty() { "" } else { ": " };
    format!(
        "{job}/{name}/{cause}{}{separator}{message}",
        code.unwrap_or_default()
    )
}
