//! Whether a stage or a job starts, and why not.

use super::scope::{RunScope, Stand};
use super::{Cancel, RunMachine};
use crate::reason;
use stepwell_event::StepResult;

/// Why something does not start.
pub(super) enum Verdict {
    Skipped(String),
    Failed(String),
}

impl Verdict {
    pub(super) fn result(self) -> (StepResult, String) {
        match self {
            Self::Skipped(why) => (StepResult::Skipped, why),
            Self::Failed(why) => (StepResult::Failed, why),
        }
    }
}

impl RunMachine {
    pub(super) fn stage_verdict(&self, index: usize) -> Result<(), Verdict> {
        self.not_stopped()?;
        let Some(stage) = self.plan.stages.get(index) else {
            return Ok(());
        };
        let scope = RunScope::new(self, Stand::Stage(index), &self.opening.variables);
        match scope.holds(&stage.condition) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let before = self.stages.before(index);
                let name = |at: usize| self.plan.stages.get(at).map_or("", |stage| &stage.label);
                let found = before.failed.or(before.passed_over);
                let culprit = found.and_then(|at| Some((name(at), self.stages.result(at)?)));
                let canceling = self.cancel.is_some();
                Err(Verdict::Skipped(reason::not_started(
                    "stage",
                    &stage.condition,
                    culprit,
                    canceling,
                )))
            }
            Err(why) => Err(Verdict::Failed(why)),
        }
    }

    pub(super) fn job_verdict(&self, index: usize) -> Result<(), Verdict> {
        self.not_stopped()?;
        let Some(job) = self.plan.jobs.get(index) else {
            return Ok(());
        };
        let scope = RunScope::new(self, Stand::Job(index), self.visible(job.stage));
        match scope.holds(&job.condition) {
            Ok(true) => {}
            Ok(false) => {
                let before = self.jobs.before(index);
                let name = |at: usize| self.plan.jobs.get(at).map_or("", |job| &*job.name);
                let found = before.failed.or(before.passed_over);
                let culprit = found.and_then(|at| Some((name(at), self.jobs.result(at)?)));
                let canceling = self.is_job_canceling(index);
                return Err(Verdict::Skipped(reason::not_started(
                    "job",
                    &job.condition,
                    culprit,
                    canceling,
                )));
            }
            Err(why) => return Err(Verdict::Failed(why)),
        }
        match &job.unmet_demand {
            None => Ok(()),
            Some(demand) => Err(Verdict::Failed(format!(
                "no agent meets the demand `{demand}`"
            ))),
        }
    }

    /// Whether the stage of a job is being canceled.
    pub(super) fn is_job_canceling(&self, index: usize) -> bool {
        let job = self.plan.jobs.get(index);
        let run = job.and_then(|job| self.stage_runs.get(job.stage));
        run.is_some_and(|run| run.canceling)
    }

    fn not_stopped(&self) -> Result<(), Verdict> {
        match self.cancel {
            Some(Cancel::Now) => Err(Verdict::Skipped("the run was canceled at once".to_owned())),
            Some(Cancel::Asked) | None => Ok(()),
        }
    }
}
