//! The job machine: the steps of one job, one after the other.

use crate::condition::step_runs;
use crate::mask::Mask;
use crate::place::Place;
use crate::reason;
use crate::request;
use crate::result::{name, worse};
use crate::step::{Scope, Step, tolerate};
use crate::variable::Variables;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_event::{
    GuestEvent, LineKind, Refusal, RunEvent, StepReport, StepRequest, StepResult,
};
use stepwell_plan::{Condition, Plan, PlannedStep};

/// What happens to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobInput {
    /// Begin.
    Start,
    /// The step that was to be run ended.
    StepEnded(StepReport),
    /// Somebody wants the job to end.
    Cancel {
        /// Without grace and without steps that always run.
        now: bool,
    },
}

/// What is to be done for a job, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobCommand {
    /// Tell the world.
    Emit(RunEvent),
    /// Run a step and answer with [`JobInput::StepEnded`], however it ends.
    RunStep {
        /// Its position in the job.
        step: usize,
        /// What to run.
        request: StepRequest,
    },
    /// Ask the running step to end. It still answers with [`JobInput::StepEnded`].
    StopStep {
        /// Without grace.
        now: bool,
    },
    /// The job ended; there are no more commands.
    Finish(StepResult),
}

/// How much of the job is over.
enum Phase {
    Waiting,
    Running(Box<Step>),
    Finished,
}

/// A request to cancel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cancel {
    Asked,
    Now,
}

/// The state of one job.
///
/// After [`JobInput::Start`] there is one step at a time: each [`JobCommand::RunStep`] wants one
/// [`JobInput::StepEnded`], and while the step runs, what its guest does goes to
/// [`JobMachine::guest`]. Inputs that do not fit the state are ignored, so that a driver may send
/// a cancel at any time.
pub struct JobMachine {
    plan: Arc<Plan>,
    job: usize,
    name: Arc<str>,
    workspace: PathBuf,
    scope: Scope,
    status: StepResult,
    cancel: Option<Cancel>,
    phase: Phase,
    next: usize,
}

impl JobMachine {
    /// The job at position `job` of the plan, whose tasks find `workspace` as their root directory
    /// as far as the plan grants it. A position outside of the plan is a job without steps.
    #[must_use]
    pub fn new(plan: Arc<Plan>, job: usize, workspace: PathBuf) -> Self {
        let name = plan
            .jobs
            .get(job)
            .map_or_else(|| "".into(), |job| Arc::clone(&job.name));
        let variables = Variables::new(&name, &plan.variables);
        Self {
            plan,
            job,
            name,
            workspace,
            scope: Scope {
                variables,
                mask: Mask::default(),
            },
            status: StepResult::Succeeded,
            cancel: None,
            phase: Phase::Waiting,
            next: 0,
        }
    }

    /// Takes an input and appends what is to be done.
    pub fn handle(&mut self, input: JobInput, out: &mut Vec<JobCommand>) {
        match input {
            JobInput::Start => {
                if matches!(self.phase, Phase::Waiting) {
                    out.push(JobCommand::Emit(RunEvent::JobStarted {
                        job: Arc::clone(&self.name),
                    }));
                    self.advance(out);
                }
            }
            JobInput::StepEnded(report) => {
                match std::mem::replace(&mut self.phase, Phase::Waiting) {
                    Phase::Running(step) => {
                        let mut events = Vec::new();
                        let result = step.finish(report, &mut self.scope, &mut events);
                        out.extend(events.into_iter().map(JobCommand::Emit));
                        self.merge(result);
                        self.advance(out);
                    }
                    other => self.phase = other,
                }
            }
            JobInput::Cancel { now: false } => self.cancel(Cancel::Asked, out),
            JobInput::Cancel { now: true } => self.cancel(Cancel::Now, out),
        }
    }

    /// The guest of the running step did something. The answer goes back to it at once. Without a
    /// running step nothing happens.
    pub fn guest(&mut self, event: GuestEvent, out: &mut Vec<RunEvent>) -> Result<(), Refusal> {
        match &mut self.phase {
            Phase::Running(step) => step.guest(event, &mut self.scope, out),
            Phase::Waiting | Phase::Finished => Ok(()),
        }
    }

    /// Whether [`JobCommand::Finish`] was given.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished)
    }

    fn cancel(&mut self, cancel: Cancel, out: &mut Vec<JobCommand>) {
        if self.is_finished() || self.cancel >= Some(cancel) {
            return;
        }
        self.cancel = Some(cancel);
        self.status = worse(self.status, StepResult::Canceled);
        if let Phase::Running(step) = &self.phase {
            let now = cancel == Cancel::Now;
            if now || !step_runs(step.condition(), self.status) {
                out.push(JobCommand::StopStep { now });
            }
        }
    }

    /// Only these two of a step's results count for its job.
    fn merge(&mut self, result: StepResult) {
        if matches!(result, StepResult::SucceededWithIssues | StepResult::Failed) {
            self.status = worse(self.status, result);
        }
    }

    /// Goes on to the next step that runs, or to the end.
    fn advance(&mut self, out: &mut Vec<JobCommand>) {
        let plan = Arc::clone(&self.plan);
        let steps = plan.jobs.get(self.job).map_or(&[][..], |job| &job.steps);
        while let Some(step) = steps.get(self.next) {
            let index = self.next;
            self.next += 1;
            let place = Place::new(&self.name, index);
            if let Some(reason) = self.reason_to_skip(step.condition) {
                let skipped = place.not_begun(StepResult::Skipped, reason);
                out.push(JobCommand::Emit(skipped));
            } else if let Err(reason) = self.begin(&plan, step, index, out) {
                let (result, reason) = tolerate(StepResult::Failed, reason, step.continue_on_error);
                out.push(JobCommand::Emit(place.not_begun(result, reason)));
                self.merge(result);
            } else {
                return;
            }
        }
        self.phase = Phase::Finished;
        out.push(JobCommand::Emit(RunEvent::JobFinished {
            job: Arc::clone(&self.name),
            result: self.status,
        }));
        out.push(JobCommand::Finish(self.status));
    }

    fn reason_to_skip(&self, condition: Condition) -> Option<String> {
        if self.cancel == Some(Cancel::Now) {
            return Some("the job was canceled at once".to_owned());
        }
        (!step_runs(condition, self.status)).then(|| reason::step_skipped(condition, self.status))
    }

    fn begin(
        &mut self,
        plan: &Plan,
        planned: &PlannedStep,
        index: usize,
        out: &mut Vec<JobCommand>,
    ) -> Result<(), String> {
        self.scope.variables.set_job_status(name(self.status));
        let warnings = self.scope.variables.refresh();
        let task = request::task(plan, planned)?;
        let request = request::build(planned, task, &self.workspace, &self.scope.variables)?;
        let place = Place::new(&self.name, index);
        out.push(JobCommand::Emit(place.started()));
        for warning in warnings {
            let warning = self.scope.mask.apply(&warning).into_owned();
            out.push(JobCommand::Emit(place.line(LineKind::Host, warning)));
        }
        out.push(JobCommand::RunStep {
            step: index,
            request,
        });
        self.phase = Phase::Running(Box::new(Step::new(place, planned, &task.name)));
        Ok(())
    }
}
