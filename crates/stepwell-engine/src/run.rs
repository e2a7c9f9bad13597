//! The run machine: which jobs of a run start, and what comes of the run.

use crate::condition::job_runs;
use crate::place::Place;
use crate::reason;
use crate::result::merge_into_run;
use std::collections::VecDeque;
use std::sync::Arc;
use stepwell_event::{JobSummary, RunEvent, RunResult, Snapshot, StepResult, StepSummary};
use stepwell_plan::{Plan, PlannedJob};

/// What happens to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunInput {
    /// Begin.
    Start,
    /// A job that was started ended.
    JobFinished {
        /// Its position in the plan.
        job: usize,
        /// How.
        result: StepResult,
    },
    /// Somebody wants the run to end.
    Cancel {
        /// Without grace and without jobs and steps that always run.
        now: bool,
    },
}

/// What is to be done for a run, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunCommand {
    /// Tell the world.
    Emit(RunEvent),
    /// Start a job, as soon as there is room for it, and answer with [`RunInput::JobFinished`].
    StartJob {
        /// Its position in the plan.
        job: usize,
    },
    /// Cancel all jobs that were started and have not ended.
    CancelJobs {
        /// Without grace.
        now: bool,
    },
    /// The run ended; there are no more commands.
    Finish(RunResult),
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It waits for this many entries of its dependencies.
    Waiting(usize),
    Started,
    Finished(StepResult),
}

/// How far a request to cancel goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cancel {
    Asked,
    Now,
}

/// The state of one run.
///
/// Each [`RunCommand::StartJob`] wants one [`RunInput::JobFinished`]. Inputs that do not fit the
/// state are ignored, so that a driver may send a cancel at any time.
pub struct RunMachine {
    plan: Arc<Plan>,
    /// Told with the first event.
    snapshot: Snapshot,
    jobs: Vec<Phase>,
    /// For each job the jobs that wait for it.
    dependents: Vec<Vec<usize>>,
    unfinished: usize,
    cancel: Option<Cancel>,
    result: RunResult,
    started: bool,
    finished: bool,
}

impl RunMachine {
    /// A run of `plan`; `snapshot` is what is told of where it comes from.
    #[must_use]
    pub fn new(plan: Arc<Plan>, snapshot: Snapshot) -> Self {
        let mut dependents = vec![Vec::new(); plan.jobs.len()];
        for (index, job) in plan.jobs.iter().enumerate() {
            for dependency in &job.depends_on {
                if let Some(dependents) = dependents.get_mut(*dependency) {
                    dependents.push(index);
                }
            }
        }
        Self {
            jobs: plan
                .jobs
                .iter()
                .map(|job| Phase::Waiting(job.depends_on.len()))
                .collect(),
            unfinished: plan.jobs.len(),
            plan,
            snapshot,
            dependents,
            cancel: None,
            result: RunResult::Succeeded,
            started: false,
            finished: false,
        }
    }

    /// Takes an input and appends what is to be done.
    pub fn handle(&mut self, input: RunInput, out: &mut Vec<RunCommand>) {
        match input {
            RunInput::Start => self.start(out),
            RunInput::JobFinished { job, result } => {
                if self.jobs.get(job) == Some(&Phase::Started) {
                    let ready = self.finish_job(job, result);
                    self.settle(ready, out);
                }
            }
            RunInput::Cancel { now: false } => self.cancel(Cancel::Asked, out),
            RunInput::Cancel { now: true } => self.cancel(Cancel::Now, out),
        }
    }

    /// The result, once the run ended.
    #[must_use]
    pub fn result(&self) -> Option<RunResult> {
        self.finished.then_some(self.result)
    }

    fn start(&mut self, out: &mut Vec<RunCommand>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        out.push(RunCommand::Emit(RunEvent::RunStarted {
            name: self.plan.name.clone(),
            snapshot: std::mem::take(&mut self.snapshot),
            jobs: self
                .plan
                .jobs
                .iter()
                .map(|job| summary(&self.plan, job))
                .collect(),
        }));
        if let Some(cancel) = self.cancel {
            out.push(cancel_requested(cancel));
            // A run that was canceled while it waited runs nothing at all.
            self.cancel = Some(Cancel::Now);
        }
        let ready =
            (0..self.jobs.len()).filter(|job| self.jobs.get(*job) == Some(&Phase::Waiting(0)));
        self.settle(ready.collect(), out);
    }

    fn cancel(&mut self, cancel: Cancel, out: &mut Vec<RunCommand>) {
        if self.finished || self.cancel >= Some(cancel) {
            return;
        }
        self.result = merge_into_run(self.result, StepResult::Canceled);
        self.cancel = Some(cancel);
        if !self.started {
            return;
        }
        out.push(cancel_requested(cancel));
        if self.jobs.contains(&Phase::Started) {
            out.push(RunCommand::CancelJobs {
                now: cancel == Cancel::Now,
            });
        }
    }

    /// Starts or skips the jobs that wait for nothing any more, and ends the run after the last.
    fn settle(&mut self, mut ready: VecDeque<usize>, out: &mut Vec<RunCommand>) {
        let plan = Arc::clone(&self.plan);
        while let Some(job) = ready.pop_front() {
            let Some(planned) = plan.jobs.get(job) else {
                continue;
            };
            if let Some(reason) = self.reason_to_skip(planned) {
                skip(planned, &reason, out);
                ready.extend(self.finish_job(job, StepResult::Skipped));
            } else {
                self.set(job, Phase::Started);
                out.push(RunCommand::StartJob { job });
            }
        }
        if self.unfinished == 0 && !std::mem::replace(&mut self.finished, true) {
            let result = self.result;
            out.push(RunCommand::Emit(RunEvent::RunFinished { result }));
            out.push(RunCommand::Finish(result));
        }
    }

    /// Notes a job's result and gives the jobs that waited only for it.
    fn finish_job(&mut self, job: usize, result: StepResult) -> VecDeque<usize> {
        self.set(job, Phase::Finished(result));
        self.unfinished -= 1;
        self.result = merge_into_run(self.result, result);
        let dependents = self.dependents.get_mut(job).map(std::mem::take);
        let mut ready = VecDeque::new();
        for dependent in dependents.unwrap_or_default() {
            if let Some(Phase::Waiting(count)) = self.jobs.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    ready.push_back(dependent);
                }
            }
        }
        ready
    }

    fn set(&mut self, job: usize, phase: Phase) {
        if let Some(job) = self.jobs.get_mut(job) {
            *job = phase;
        }
    }

    fn reason_to_skip(&self, planned: &PlannedJob) -> Option<String> {
        if self.cancel == Some(Cancel::Now) {
            return Some("the run was canceled at once".to_owned());
        }
        let dependencies = self.dependencies(planned);
        let results: Vec<StepResult> = dependencies.iter().map(|(_, result)| *result).collect();
        let canceling = self.cancel.is_some();
        (!job_runs(planned.condition, &results, canceling))
            .then(|| reason::job_skipped(planned.condition, dependencies.into_iter(), canceling))
    }

    /// The direct and indirect dependencies of a job with their results, the direct ones first.
    fn dependencies(&self, planned: &PlannedJob) -> Vec<(&str, StepResult)> {
        let mut seen = vec![false; self.jobs.len()];
        let mut pending: VecDeque<usize> = planned.depends_on.iter().copied().collect();
        let mut dependencies = Vec::new();
        while let Some(index) = pending.pop_front() {
            let Some(seen) = seen.get_mut(index) else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            if let Some(job) = self.plan.jobs.get(index)
                && let Some(Phase::Finished(result)) = self.jobs.get(index)
            {
                dependencies.push((job.name.as_ref(), *result));
                pending.extend(&job.depends_on);
            }
        }
        dependencies
    }
}

fn skip(planned: &PlannedJob, reason: &str, out: &mut Vec<RunCommand>) {
    for step in 0..planned.steps.len() {
        let place = Place::new(&planned.name, step);
        let skipped = place.not_begun(StepResult::Skipped, reason.to_owned());
        out.push(RunCommand::Emit(skipped));
    }
    out.push(RunCommand::Emit(RunEvent::JobFinished {
        job: Arc::clone(&planned.name),
        result: StepResult::Skipped,
    }));
}

fn cancel_requested(cancel: Cancel) -> RunCommand {
    RunCommand::Emit(RunEvent::CancelRequested {
        now: cancel == Cancel::Now,
    })
}

fn summary(plan: &Plan, job: &PlannedJob) -> JobSummary {
    let names = job
        .depends_on
        .iter()
        .filter_map(|index| plan.jobs.get(*index));
    JobSummary {
        name: Arc::clone(&job.name),
        depends_on: names.map(|job| Arc::clone(&job.name)).collect(),
        steps: job
            .steps
            .iter()
            .map(|step| StepSummary {
                label: step.label.clone(),
                task: plan
                    .tasks
                    .get(step.task)
                    .map_or_else(String::new, |task| task.name.clone()),
            })
            .collect(),
    }
}
