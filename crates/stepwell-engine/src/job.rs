//! The job machine: the steps of one job, one after the other.

use crate::place::Place;
use crate::reason::Bound;
use crate::request::{self, Surroundings};
use crate::result::{name, worse};
use crate::scope::Scope;
use crate::start::{JobEnd, JobStart};
use crate::step::{Step, Verdict, holds, tolerate, why_false};
use attempt::Attempt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    Collect, Collected, GuestEvent, LimitKind, Limits, LineKind, Outcome, Refusal, RunEvent,
    StepReport, StepRequest, StepResult, Usage,
};
use stepwell_plan::{Plan, PlannedJob, PlannedStep};
use stopping::{Cause, Force, Stopping};

mod attempt;
mod stopping;

/// What happens to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobInput {
    /// Begin.
    Start,
    /// The step that was to be run ended.
    StepEnded(StepReport),
    /// A timer that was started ran out.
    TimerFired(Timer),
    /// What was to be read of the workspace, in the order of the requests.
    Collected(Vec<Result<Collected, String>>),
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
    /// Answer with [`JobInput::TimerFired`] after this time, unless the job is finished by then. A
    /// timer that runs already is set anew.
    StartTimer {
        /// Which timer.
        timer: Timer,
        /// How long.
        after: Duration,
    },
    /// Read this of the workspace, as far as the step may, and answer with
    /// [`JobInput::Collected`].
    Collect {
        /// The step's position in the job.
        step: usize,
        /// What to read.
        requests: Vec<Collect>,
    },
    /// The job ended; there are no more commands.
    Finish(JobEnd),
}

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The end of the time that the job may take.
    Timeout,
    /// The end of the time that it may go on once it was asked to end.
    Grace,
    /// The next try of a step that failed.
    Retry,
}

/// How much of the job is over.
enum Phase {
    /// It has not begun, or is between two steps.
    Waiting,
    /// A step runs.
    Running(Box<Attempt>),
    /// A step has ended, and what it published is read.
    Collecting(Box<Attempt>, StepReport),
    /// A step has failed and is run again after a while.
    Pausing(Box<Attempt>, Box<Verdict>),
    Finished,
}

/// The state of one job.
///
/// After [`JobInput::Start`] there is one step at a time: each [`JobCommand::RunStep`] wants one
/// [`JobInput::StepEnded`] and each [`JobCommand::Collect`] one [`JobInput::Collected`]. While the
/// step runs, what its guest does goes to [`JobMachine::guest`]. Inputs that do not fit the state
/// are ignored, so that a driver may send a cancel at any time, and a timer may be late.
pub struct JobMachine {
    plan: Arc<Plan>,
    job: usize,
    name: Arc<str>,
    workspace: PathBuf,
    started_ms: u64,
    /// What its steps may still use of the fuel that they have together.
    fuel: Option<u64>,
    scope: Scope,
    /// What to tell the reader with the next step that begins.
    warnings: Vec<String>,
    status: StepResult,
    stopping: Option<Stopping>,
    started: bool,
    phase: Phase,
    next: usize,
    /// Events of the input that is being handled; empty between inputs.
    events: Vec<RunEvent>,
}

impl JobMachine {
    /// A job of the plan, whose tasks find `workspace` as their root directory
    /// as far as the plan grants it. A position outside of the plan is a job without steps.
    #[must_use]
    pub fn new(plan: Arc<Plan>, start: JobStart, workspace: PathBuf) -> Self {
        let JobStart {
            job,
            id,
            variables,
            started_ms,
            secrets,
        } = start;
        let fuel = plan.jobs.get(job).and_then(|job| job.fuel);
        let (mut scope, warnings) = Scope::new(variables);
        for secret in secrets {
            // It was masked where it comes from; what is over the bounds of this job is not.
            let _ = scope.mask.add(&secret);
        }
        Self {
            plan,
            job,
            name: id,
            workspace,
            started_ms,
            fuel,
            scope,
            warnings,
            status: StepResult::Succeeded,
            stopping: None,
            started: false,
            phase: Phase::Waiting,
            next: 0,
            events: Vec::new(),
        }
    }

    /// Lets the job's steps change a service connection; what is no GUID is none.
    pub fn declare_connection(&mut self, id: &str) {
        self.scope.connections.declare(id);
    }

    /// Takes an input and appends what is to be done.
    pub fn handle(&mut self, input: JobInput, out: &mut Vec<JobCommand>) {
        match input {
            JobInput::Start => self.start(out),
            JobInput::StepEnded(report) => self.step_ended(report, out),
            JobInput::TimerFired(Timer::Timeout) => {
                let limit = self.planned().and_then(|job| job.timeout);
                if let (true, None, Some(limit)) = (self.started, &self.stopping, limit) {
                    self.stop(Cause::TimedOut(limit), None, out);
                }
            }
            JobInput::TimerFired(Timer::Grace) => {
                let grace = self.grace();
                if self.stopping.is_some() {
                    self.force(Force::Overdue(grace), out);
                }
            }
            JobInput::TimerFired(Timer::Retry) => self.retry(out),
            JobInput::Collected(answers) => self.collected(answers, out),
            JobInput::Cancel { now } => {
                let force = now.then_some(Force::Now);
                if self.stopping.is_none() {
                    self.stop(Cause::Canceled, force, out);
                } else if let Some(force) = force {
                    self.force(force, out);
                }
            }
        }
        self.tell(out);
    }

    /// The guest of the running step did something, of which events come, and perhaps a
    /// [`JobCommand::StopStep`]. The answer goes back to the guest at once. Without a running step
    /// nothing happens.
    pub fn guest(&mut self, event: GuestEvent, out: &mut Vec<JobCommand>) -> Result<(), Refusal> {
        let Phase::Running(attempt) = &mut self.phase else {
            return Ok(());
        };
        let was_done = attempt.step.is_done();
        let answer = attempt.step.guest(event, &mut self.scope, &mut self.events);
        let is_done = attempt.step.is_done();
        self.tell(out);
        if is_done && !was_done {
            self.order(JobCommand::StopStep { now: false }, out);
        }
        answer
    }

    /// Whether [`JobCommand::Finish`] was given.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished)
    }

    fn planned(&self) -> Option<&PlannedJob> {
        self.plan.jobs.get(self.job)
    }

    fn grace(&self) -> Duration {
        self.planned()
            .map_or(Duration::ZERO, |job| job.cancel_timeout)
    }

    fn is_forced(&self) -> bool {
        self.stopping
            .is_some_and(|stopping| stopping.force.is_some())
    }

    /// Asks for something to be done, after all that happened before was told.
    fn order(&mut self, command: JobCommand, out: &mut Vec<JobCommand>) {
        self.tell(out);
        out.push(command);
    }

    fn tell(&mut self, out: &mut Vec<JobCommand>) {
        out.extend(self.events.drain(..).map(JobCommand::Emit));
    }

    fn start(&mut self, out: &mut Vec<JobCommand>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let timeout = self.planned().and_then(|job| job.timeout);
        self.events.push(RunEvent::JobStarted {
            job: Arc::clone(&self.name),
        });
        if self.stopping.is_some() {
            self.start_grace(out);
        } else if let Some(after) = timeout {
            let timer = Timer::Timeout;
            self.order(JobCommand::StartTimer { timer, after }, out);
        }
        self.advance(out);
    }

    fn start_grace(&mut self, out: &mut Vec<JobCommand>) {
        if !self.is_forced() {
            let timer = Timer::Grace;
            let after = self.grace();
            self.order(JobCommand::StartTimer { timer, after }, out);
        }
    }

    /// The job is to end: from now on it counts as canceled.
    fn stop(&mut self, cause: Cause, force: Option<Force>, out: &mut Vec<JobCommand>) {
        if self.is_finished() {
            return;
        }
        let stopping = Stopping { cause, force };
        self.stopping = Some(stopping);
        self.status = worse(self.status, StepResult::Canceled);
        if !self.started {
            return;
        }
        if let (Some(reason), Some(place)) = (stopping.reason(), self.place()) {
            let line = place.line(LineKind::Host, reason);
            self.events.push(line);
        }
        self.start_grace(out);
        match std::mem::replace(&mut self.phase, Phase::Waiting) {
            Phase::Running(attempt) => {
                let now = force.is_some();
                let condition = attempt.step.condition();
                if now || !holds(condition, self.status, &self.scope.variables).unwrap_or(false) {
                    self.order(JobCommand::StopStep { now }, out);
                }
                self.phase = Phase::Running(attempt);
            }
            Phase::Pausing(attempt, verdict) => {
                let canceled = match stopping.reason() {
                    Some(reason) => format!("canceled: {reason}"),
                    None => "canceled".to_owned(),
                };
                let retry = u32::from(attempt.retries) + 1;
                self.end_step(*attempt, verdict.canceled_before(retry, &canceled), out);
            }
            other => self.phase = other,
        }
    }

    /// Everything stops; nothing else starts.
    fn force(&mut self, force: Force, out: &mut Vec<JobCommand>) {
        if self.is_finished() || self.is_forced() {
            return;
        }
        let Some(stopping) = &mut self.stopping else {
            return;
        };
        stopping.force = Some(force);
        if let Phase::Running(_) = self.phase {
            let reason = stopping.reason();
            if let (Force::Overdue(_), Some(reason), Some(place)) = (force, reason, self.place()) {
                let line = place.line(LineKind::Host, reason);
                self.events.push(line);
            }
            self.order(JobCommand::StopStep { now: true }, out);
        }
    }

    /// The step that is under way.
    fn place(&self) -> Option<&Place> {
        match &self.phase {
            Phase::Running(attempt)
            | Phase::Collecting(attempt, _)
            | Phase::Pausing(attempt, _) => Some(attempt.step.place()),
            Phase::Waiting | Phase::Finished => None,
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
            let (ended, outcome) = match self.reason_not_to_run(step) {
                Some(ended) => (ended, None),
                None => match self.begin(&plan, step, index, out) {
                    Ok(()) => return,
                    Err((reason, outcome)) => {
                        let failed = StepResult::Failed;
                        (tolerate(failed, reason, step.continue_on_error), outcome)
                    }
                },
            };
            let (result, reason) = ended;
            let reason = self.scope.clean(&reason);
            let place = Place::new(&self.name, index);
            self.events.push(place.not_begun(result, reason, outcome));
            self.merge(result);
        }
        self.finish(out);
    }

    fn finish(&mut self, out: &mut Vec<JobCommand>) {
        self.phase = Phase::Finished;
        let stopping = self.stopping;
        let result = stopping.map_or(self.status, |stopping| stopping.result(self.status));
        self.events.push(RunEvent::JobFinished {
            job: Arc::clone(&self.name),
            result,
            reason: stopping.and_then(Stopping::reason),
        });
        // What the last step set counts too; it is too late to warn of it.
        let _ = self.scope.refresh();
        self.order(
            JobCommand::Finish(JobEnd {
                result,
                outputs: self.scope.outputs(),
                secrets: self.scope.mask.secrets().to_vec(),
            }),
            out,
        );
    }

    /// The result of a step that does not begin, and why.
    fn reason_not_to_run(&mut self, step: &PlannedStep) -> Option<(StepResult, String)> {
        if let Some(reason) = self.stopping.and_then(Stopping::reason_to_skip) {
            return Some((StepResult::Skipped, reason));
        }
        self.scope.variables.set_job_status(name(self.status));
        let warnings = self.scope.refresh();
        self.warnings.extend(warnings);
        let variables = &self.scope.variables;
        match holds(&step.condition, self.status, variables) {
            Ok(true) => None,
            Ok(false) => {
                let reason = why_false(&step.condition, self.status, variables);
                Some((StepResult::Skipped, reason))
            }
            Err(reason) => Some((StepResult::Failed, reason)),
        }
    }

    /// How long a step that listens may take to end: no longer than leaves time for those that clean
    /// up after it.
    fn step_grace(&self) -> Duration {
        let all = self.planned().map(|job| job.cancel_timeout / 2);
        let most = Duration::from_millis(Limits::default().grace_ms);
        all.unwrap_or_default().min(most)
    }

    /// The steps before have used all the fuel of the job.
    fn out_of_fuel(&self) -> Option<(String, Option<Outcome>)> {
        let budget = self.planned()?.fuel?;
        let outcome = Outcome::LimitExceeded {
            limit: LimitKind::Fuel,
            value: budget,
            used: budget - self.fuel?,
        };
        let reason = Bound::Job.exceeded(LimitKind::Fuel, budget, budget);
        (self.fuel == Some(0)).then_some((reason, Some(outcome)))
    }

    /// Begins a step, or tells why it cannot, and the outcome if that is one of a step.
    fn begin(
        &mut self,
        plan: &Plan,
        planned: &PlannedStep,
        index: usize,
        out: &mut Vec<JobCommand>,
    ) -> Result<(), (String, Option<Outcome>)> {
        if let Some(ended) = self.out_of_fuel() {
            return Err(ended);
        }
        let surroundings = Surroundings {
            workspace: &self.workspace,
            scope: &self.scope,
            grace: self.step_grace(),
            started_ms: self.started_ms,
            job: &self.name,
            index,
        };
        let task = request::task(plan, planned).map_err(|reason| (reason, None))?;
        let (request, recorded) =
            request::build(planned, task, &surroundings).map_err(|reason| (reason, None))?;
        let place = Place::new(&self.name, index);
        self.events.push(place.started());
        for warning in std::mem::take(&mut self.warnings) {
            let warning = self.scope.clean(&warning);
            self.events.push(place.line(LineKind::Host, warning));
        }
        let attempt = Attempt {
            step: Step::new(place, planned, task),
            index,
            retries: 0,
            lost: 0,
            charged: Usage::default(),
            request,
            recorded,
        };
        self.run_attempt(attempt, out);
        Ok(())
    }
}
