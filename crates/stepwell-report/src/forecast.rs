//! What would become of the stages and jobs of a plan.

use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use stepwell_event::{RunEvent, StepResult};

/// What becomes of a stage or a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "forecast", content = "reason", rename_all = "kebab-case")]
pub enum Fate {
    /// It runs.
    #[default]
    Runs,
    /// It does not run, and that is no failure.
    Skipped(String),
    /// It fails before it begins.
    Fails(String),
}

/// What becomes of each stage and job if everything that runs succeeds. What it does not mention
/// runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forecast {
    /// By the stage's name.
    pub stages: HashMap<Arc<str>, Fate>,
    /// By the job's identifier, or that of one of its legs.
    pub jobs: HashMap<Arc<str>, Fate>,
}

impl Forecast {
    /// The forecast that the events of a run give in which every step succeeds.
    #[must_use]
    pub fn from_events<'a>(events: impl IntoIterator<Item = &'a RunEvent>) -> Self {
        let mut forecast = Self::default();
        for event in events {
            match event {
                RunEvent::StageFinished {
                    stage,
                    result,
                    reason,
                } => {
                    let fate = fate(*result, reason.as_deref());
                    forecast.stages.insert(Arc::clone(stage), fate);
                }
                RunEvent::JobFinished {
                    job,
                    result,
                    reason,
                } => {
                    let fate = fate(*result, reason.as_deref());
                    forecast.jobs.insert(Arc::clone(job), fate);
                }
                _ => {}
            }
        }
        forecast
    }

    pub(crate) fn stage(&self, name: &str) -> Fate {
        self.stages.get(name).cloned().unwrap_or_default()
    }

    /// The fate of a job: its own, or that which all of its parts share.
    pub(crate) fn job<'a>(&self, id: &str, mut parts: impl Iterator<Item = &'a str>) -> Fate {
        if let Some(fate) = self.jobs.get(id) {
            return fate.clone();
        }
        let of = |part: &str| self.jobs.get(part);
        let Some(first) = parts.next().and_then(of) else {
            return Fate::Runs;
        };
        match parts.all(|part| of(part) == Some(first)) {
            true => first.clone(),
            false => Fate::Runs,
        }
    }

    /// The fate of a leg: its own, or that of its job.
    pub(crate) fn leg(&self, id: &str, job: &Fate) -> Fate {
        self.jobs.get(id).unwrap_or(job).clone()
    }
}

fn fate(result: StepResult, reason: Option<&str>) -> Fate {
    let reason = reason.unwrap_or_default().to_owned();
    match result {
        StepResult::Succeeded | StepResult::SucceededWithIssues => Fate::Runs,
        StepResult::Skipped => Fate::Skipped(reason),
        StepResult::Failed | StepResult::Canceled => Fate::Fails(reason),
    }
}
