//! Asking a run to end.

use super::{Cancel, JobRun, Ready, RunCommand, RunMachine, announcement};
use crate::result::{merge_into_run, worse_leg};
use std::collections::VecDeque;
use std::sync::Arc;
use stepwell_event::{RunEvent, StepResult};

impl RunMachine {
    pub(super) fn cancel(&mut self, cancel: Cancel, out: &mut Vec<RunCommand>) {
        if self.finished || self.cancel >= Some(cancel) {
            return;
        }
        self.result = merge_into_run(self.result, StepResult::Canceled);
        self.cancel = Some(cancel);
        for stage in self.stage_runs.iter_mut().filter(|stage| stage.started) {
            stage.canceling = true;
        }
        if !self.started {
            return;
        }
        out.push(requested(cancel));
        if self.running > 0 {
            out.push(RunCommand::CancelJobs {
                now: cancel == Cancel::Now,
            });
        }
        let mut ready = VecDeque::new();
        for job in 0..self.job_runs.len() {
            self.give_up_queue(job, &mut ready, out);
        }
        self.settle(ready, out);
    }

    /// Ends the instances of a job that only wait for others of it, in a run that is canceled, unless
    /// its condition holds even so.
    fn give_up_queue(
        &mut self,
        job: usize,
        ready: &mut VecDeque<Ready>,
        out: &mut Vec<RunCommand>,
    ) {
        let waits = |run: &JobRun| !run.queue.is_empty();
        if !self.job_runs.get(job).is_some_and(waits) {
            return;
        }
        let Err(verdict) = self.job_verdict(job) else {
            return;
        };
        let plan = Arc::clone(&self.plan);
        let (_, why) = verdict.result();
        let (Some(planned), Some(run)) = (plan.jobs.get(job), self.job_runs.get_mut(job)) else {
            return;
        };
        for number in std::mem::take(&mut run.queue) {
            let Some(running) = self.instances.get_mut(number) else {
                continue;
            };
            running.finished = true;
            let canceled = StepResult::Canceled;
            let id = &running.instance.id;
            let events = announcement::not_begun(id, planned, canceled, &why);
            out.extend(events.map(RunCommand::Emit));
            run.unfinished -= 1;
            run.result = Some(worse_leg(run.result, canceled));
        }
        if run.unfinished == 0 {
            let result = run.result.unwrap_or(StepResult::Canceled);
            self.finish_job(job, result, ready, out);
        }
    }
}

/// The event of a request to cancel.
pub(super) fn requested(cancel: Cancel) -> RunCommand {
    RunCommand::Emit(RunEvent::CancelRequested {
        now: cancel == Cancel::Now,
    })
}
