//! One step of a job from the end of its guest on: what it published is read, it is judged, and
//! perhaps it is tried again.

use super::stopping::Stopping;
use super::{JobCommand, JobMachine, Phase, Timer};
use crate::reason::Bound;
use crate::request::Recorded;
use crate::step::{Step, Verdict};
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    Collected, LimitKind, LineKind, Outcome, StepReport, StepRequest, UNMETERED, Usage,
};
use stepwell_plan::{PlannedStep, PlannedTask};

/// How often a step is run again whose worker process was lost. Bad luck does not strike three times;
/// a component that kills its worker does, and each try costs what the first did.
const MAX_LOST: u8 = 2;

/// A try to run a step.
pub(super) struct Attempt {
    pub(super) step: Step,
    pub(super) index: usize,
    /// How many tries were before this one.
    pub(super) retries: u8,
    /// How many workers were lost before this one.
    pub(super) lost: u8,
    /// What the tries used whose workers were lost.
    pub(super) charged: Usage,
    /// What the sandbox is told: each try is given the same, but for the fuel that is left.
    pub(super) request: StepRequest,
    /// The request as it may be written down.
    pub(super) recorded: Recorded,
}

impl Attempt {
    /// Which try it is, from 1.
    fn number(&self) -> u32 {
        1 + u32::from(self.retries) + u32::from(self.lost)
    }
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
        if let (Some(left), Some(used)) = (&mut self.fuel, report.usage.fuel) {
            *left = left.saturating_sub(used);
        }
        if let Outcome::Lost { message, .. } = &report.outcome
            && attempt.lost < MAX_LOST
            && self.stopping.is_none()
            && !attempt.step.is_done()
            && self.fuel != Some(0)
        {
            let lost = attempt.lost + 1;
            let text = format!(
                "the worker process was lost ({message}): running the step again, {lost} of {MAX_LOST}"
            );
            let line = attempt
                .step
                .place()
                .line(LineKind::Host, self.scope.clean(&text));
            self.events.push(line);
            attempt.lost = lost;
            attempt.charged.charge(&report.usage);
            self.run_again(*attempt, out);
            return;
        }
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
    fn judge(
        &mut self,
        mut attempt: Box<Attempt>,
        mut report: StepReport,
        out: &mut Vec<JobCommand>,
    ) {
        report.usage.charge(&attempt.charged);
        let why = self.stopping.and_then(Stopping::reason);
        let bound = self.bound(&attempt, &report.outcome);
        let (scope, events) = (&self.scope, &mut self.events);
        let why = why.as_deref();
        let verdict = attempt.step.judge(report, &bound, why, scope, events);
        let limit = self
            .planned_step(attempt.index)
            .map_or(0, |step| step.retries);
        if attempt.retries < limit && self.stopping.is_none() && verdict.is_worth_a_retry() {
            self.pause(attempt, verdict, out);
        } else {
            self.end_step(*attempt, verdict, out);
        }
    }

    /// What bounds the limit that a step has reached.
    fn bound(&self, attempt: &Attempt, outcome: &Outcome) -> Bound {
        let Outcome::LimitExceeded { limit, value, .. } = outcome else {
            return Bound::default();
        };
        let task = self.planned_task(attempt.index);
        let of_task = task.map_or(UNMETERED, |task| task.grant.limits.get(*limit));
        if *limit == LimitKind::Fuel && *value < of_task {
            let of_step = self.planned_step(attempt.index).and_then(|step| step.fuel);
            return match of_step == Some(*value) {
                true => Bound::Step,
                false => Bound::Job,
            };
        }
        Bound::Task {
            task: task.map_or_else(String::new, |task| task.name.clone()),
            most: match limit {
                LimitKind::Fuel => self.plan.ceilings.of(*limit),
                _ => Some(self.plan.ceilings.most(*limit)),
            },
        }
    }

    fn planned_task(&self, index: usize) -> Option<&PlannedTask> {
        self.plan.tasks.get(self.planned_step(index)?.task)
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

    /// The time to wait before another try is over.
    pub(super) fn retry(&mut self, out: &mut Vec<JobCommand>) {
        let (mut attempt, verdict) = match std::mem::replace(&mut self.phase, Phase::Waiting) {
            Phase::Pausing(attempt, verdict) => (attempt, verdict),
            other => {
                self.phase = other;
                return;
            }
        };
        if self.fuel == Some(0) {
            self.end_step(*attempt, *verdict, out);
            return;
        }
        attempt.retries += 1;
        self.run_again(*attempt, out);
    }

    /// Runs the step anew, with nothing of what it was. Variables that it has set stay, since nobody
    /// knows how far it came.
    fn run_again(&mut self, mut attempt: Attempt, out: &mut Vec<JobCommand>) {
        let plan = Arc::clone(&self.plan);
        let steps = plan.jobs.get(self.job).map_or(&[][..], |job| &job.steps);
        let planned = steps.get(attempt.index);
        if let Some(planned) = planned
            && let Some(task) = plan.tasks.get(planned.task)
        {
            attempt.step = Step::new(attempt.step.place().clone(), planned, task);
        }
        attempt.recorded.mask(&self.scope);
        self.run_attempt(attempt, out);
    }

    /// Gives a step to the sandbox.
    pub(super) fn run_attempt(&mut self, mut attempt: Attempt, out: &mut Vec<JobCommand>) {
        if let Some(left) = self.fuel {
            for request in [&mut attempt.request, &mut *attempt.recorded.request] {
                request.limits.fuel = request.limits.fuel.min(left);
            }
        }
        let place = attempt.step.place();
        self.events
            .push(place.invoked(attempt.number(), &attempt.recorded));
        self.order(
            JobCommand::RunStep {
                step: attempt.index,
                request: attempt.request.clone(),
            },
            out,
        );
        self.phase = Phase::Running(Box::new(attempt));
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
