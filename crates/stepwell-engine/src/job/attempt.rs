//! One step of a job from the end of its guest on: what it published is read, it is judged, and
//! perhaps it is tried again.

use super::stopping::Stopping;
use super::{JobCommand, JobMachine, Phase, Timer};
use crate::step::{Step, Verdict};
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{Collected, StepReport, StepRequest};
use stepwell_plan::PlannedStep;

/// A try to run a step.
pub(super) struct Attempt {
    pub(super) step: Step,
    pub(super) index: usize,
    /// How many tries were before this one.
    pub(super) retries: u8,
    /// What the sandbox is told, kept while there may be another try: each is given the same.
    pub(super) request: Option<StepRequest>,
}

impl JobMachine {
    pub(super) fn step_ended(&mut self, report: StepReport, out: &mut Vec<JobCommand>) {
        let mut attempt = match std::mem::replace(&mut self.phase, Phase::Waiting) {
            Phase::Running(attempt) => attempt,
            other => {
                self.phase = other;
                return;
            }
        };
        attempt.step.close(&mut self.scope, &mut self.events);
        if self.is_forced() {
            attempt.step.forget_publications(&mut self.events);
        }
        let requests = attempt.step.requests();
        if requests.is_empty() {
            self.judge(attempt, report, out);
            return;
        }
        self.order(
            JobCommand::Collect {
                step: attempt.index,
                requests,
            },
            out,
        );
        self.phase = Phase::Collecting(attempt, report);
    }

    pub(super) fn collected(
        &mut self,
        answers: Vec<Result<Collected, String>>,
        out: &mut Vec<JobCommand>,
    ) {
        match std::mem::replace(&mut self.phase, Phase::Waiting) {
            Phase::Collecting(mut attempt, report) => {
                let step = &mut attempt.step;
                step.settle(answers, &self.scope, &mut self.events);
                self.judge(attempt, report, out);
            }
            other => self.phase = other,
        }
    }

    /// A step ended and all that it published is known.
    fn judge(&mut self, mut attempt: Box<Attempt>, report: StepReport, out: &mut Vec<JobCommand>) {
        let why = self.stopping.and_then(Stopping::reason);
        let (scope, events) = (&self.scope, &mut self.events);
        let verdict = attempt.step.judge(report, why.as_deref(), scope, events);
        let limit = self
            .planned_step(attempt.index)
            .map_or(0, |step| step.retries);
        if attempt.retries < limit && self.stopping.is_none() && verdict.is_worth_a_retry() {
            self.pause(attempt, verdict, out);
        } else {
            self.end_step(*attempt, verdict, out);
        }
    }

    fn planned_step(&self, index: usize) -> Option<&PlannedStep> {
        self.planned()?.steps.get(index)
    }

    /// Waits before another try: 1, 4, 9 … seconds.
    fn pause(&mut self, attempt: Box<Attempt>, verdict: Verdict, out: &mut Vec<JobCommand>) {
        let retry = u32::from(attempt.retries) + 1;
        let after = Duration::from_secs(u64::from(retry).pow(2));
        let place = attempt.step.place();
        let delay_ms = after.as_secs() * 1_000;
        self.events
            .push(place.retried(retry, delay_ms, verdict.reason.clone()));
        self.order(
            JobCommand::StartTimer {
                timer: Timer::Retry,
                after,
            },
            out,
        );
        self.phase = Phase::Pausing(attempt, Box::new(verdict));
    }

    /// Runs the step anew, with nothing of what it was.
    pub(super) fn retry(&mut self, out: &mut Vec<JobCommand>) {
        let (attempt, verdict) = match std::mem::replace(&mut self.phase, Phase::Waiting) {
            Phase::Pausing(attempt, verdict) => (attempt, verdict),
            other => {
                self.phase = other;
                return;
            }
        };
        let plan = Arc::clone(&self.plan);
        let steps = plan.jobs.get(self.job).map_or(&[][..], |job| &job.steps);
        let planned = steps.get(attempt.index);
        let task = planned.and_then(|planned| plan.tasks.get(planned.task));
        let (Some(planned), Some(task), Some(request)) = (planned, task, &attempt.request) else {
            self.end_step(*attempt, *verdict, out);
            return;
        };
        let request = request.clone();
        let retries = attempt.retries + 1;
        let place = attempt.step.place().clone();
        self.order(
            JobCommand::RunStep {
                step: attempt.index,
                request: request.clone(),
            },
            out,
        );
        self.phase = Phase::Running(Box::new(Attempt {
            step: Step::new(place, planned, task),
            index: attempt.index,
            retries,
            request: Some(request),
        }));
    }

    pub(super) fn end_step(
        &mut self,
        attempt: Attempt,
        verdict: Verdict,
        out: &mut Vec<JobCommand>,
    ) {
        let result = attempt.step.finish(verdict, &self.scope, &mut self.events);
        self.merge(result);
        self.advance(out);
    }
}
