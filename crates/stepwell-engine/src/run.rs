//! The run machine: which stages and jobs of a run start, and what comes of the run.
//!
//! A stage or job is looked at once, when nothing before it is left to wait for. Each look costs as
//! much as it has direct dependencies, so that a run of a hundred thousand jobs takes no longer per
//! job than one of ten.

mod announcement;
mod cancellation;
mod graph;
mod instance;
mod scope;
mod verdict;

use crate::result::{merge_into_run, merge_into_stage, worse_leg};
use crate::start::{JobEnd, JobStart, Opening, OutputVariable, StartVariable};
use graph::Graph;
use instance::Instance;
pub(crate) use instance::{Layers, is_predefined};
use scope::{RunScope, Stand};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use stepwell_event::{RunEvent, RunResult, StepResult};
use stepwell_plan::{DEFAULT_STAGE, Plan, PlannedStage, PlannedStrategy, computed_legs};
use verdict::Verdict;

/// What happens to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunInput {
    /// Begin.
    Start,
    /// A job that was started ended.
    JobFinished {
        /// The number that it was started with.
        instance: usize,
        /// How.
        end: JobEnd,
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
        /// What the answer refers to it by.
        instance: usize,
        /// What it is started with.
        start: JobStart,
    },
    /// Cancel all jobs that were started and have not ended.
    CancelJobs {
        /// Without grace.
        now: bool,
    },
    /// The run ended; there are no more commands.
    Finish(RunResult),
}

/// How far a request to cancel goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cancel {
    Asked,
    Now,
}

/// What is known of a stage besides its place in the graph.
#[derive(Default)]
struct StageRun {
    unfinished: usize,
    started: bool,
    /// Whether the run was canceled while the stage ran. A stage that starts even so is none of it.
    canceling: bool,
    result: Option<StepResult>,
    variables: Vec<StartVariable>,
}

/// What is known of a job besides its place in the graph.
#[derive(Default)]
struct JobRun {
    /// Instances that have not ended.
    unfinished: usize,
    /// Instances that wait for others of the job to end.
    queue: VecDeque<usize>,
    variables: Layers,
    result: Option<StepResult>,
    outputs: Vec<OutputVariable>,
}

/// An instance of a job, once the job was looked at.
struct Running {
    instance: Instance,
    started: bool,
    finished: bool,
}

/// What can be looked at, because nothing before it is left to wait for.
#[derive(Clone, Copy)]
enum Ready {
    Stage(usize),
    Job(usize),
}

/// The state of one run.
///
/// Each [`RunCommand::StartJob`] wants one [`RunInput::JobFinished`]. Inputs that do not fit the
/// state are ignored, so that a driver may send a cancel at any time.
pub struct RunMachine {
    plan: Arc<Plan>,
    /// Its snapshot is told with the first event.
    opening: Opening,
    stages: Graph,
    jobs: Graph,
    stage_runs: Vec<StageRun>,
    job_runs: Vec<JobRun>,
    instances: Vec<Running>,
    has_secret_outputs: bool,
    /// The secrets that jobs knew which have ended.
    secrets: BTreeSet<String>,
    running: usize,
    unfinished: usize,
    cancel: Option<Cancel>,
    result: RunResult,
    started: bool,
    finished: bool,
}

impl RunMachine {
    /// A run of `plan`.
    #[must_use]
    pub fn new(plan: Arc<Plan>, opening: Opening) -> Self {
        let stage_run = |stage: &PlannedStage| StageRun {
            unfinished: stage.jobs.len(),
            ..StageRun::default()
        };
        Self {
            stages: Graph::new(plan.stages.iter().map(|stage| &*stage.depends_on)),
            jobs: Graph::new(plan.jobs.iter().map(|job| &*job.depends_on)),
            stage_runs: plan.stages.iter().map(stage_run).collect(),
            job_runs: plan.jobs.iter().map(|_| JobRun::default()).collect(),
            instances: Vec::with_capacity(plan.jobs.len()),
            has_secret_outputs: false,
            secrets: BTreeSet::new(),
            running: 0,
            unfinished: plan.stages.len(),
            plan,
            opening,
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
            RunInput::JobFinished { instance, end } => self.instance_finished(instance, end, out),
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
        let debug = self.opening.variables.iter().any(|variable| {
            variable.name.eq_ignore_ascii_case("system.debug")
                && variable.value.eq_ignore_ascii_case("true")
        });
        self.opening.snapshot.debug = debug;
        out.push(RunCommand::Emit(RunEvent::RunStarted {
            name: self.plan.name.clone(),
            number: self.opening.number.clone(),
            snapshot: std::mem::take(&mut self.opening.snapshot),
            stages: announcement::stages(&self.plan),
            jobs: announcement::jobs(&self.plan),
        }));
        if let Some(cancel) = self.cancel {
            out.push(cancellation::requested(cancel));
            // A run that was canceled while it waited runs nothing at all.
            self.cancel = Some(Cancel::Now);
        }
        let ready = (0..self.plan.stages.len()).filter(|stage| self.stages.is_ready(*stage));
        self.settle(ready.map(Ready::Stage).collect(), out);
    }

    /// Looks at everything that is ready, and ends the run after the last.
    fn settle(&mut self, mut ready: VecDeque<Ready>, out: &mut Vec<RunCommand>) {
        while let Some(next) = ready.pop_front() {
            match next {
                Ready::Stage(stage) => self.look_at_stage(stage, &mut ready, out),
                Ready::Job(job) => self.look_at_job(job, &mut ready, out),
            }
        }
        if self.unfinished == 0 && !std::mem::replace(&mut self.finished, true) {
            let result = self.result;
            out.push(RunCommand::Emit(RunEvent::RunFinished { result }));
            out.push(RunCommand::Finish(result));
        }
    }

    fn look_at_stage(
        &mut self,
        index: usize,
        ready: &mut VecDeque<Ready>,
        out: &mut Vec<RunCommand>,
    ) {
        let plan = Arc::clone(&self.plan);
        let Some(stage) = plan.stages.get(index) else {
            return;
        };
        let declared = &*stage.name != DEFAULT_STAGE;
        let verdict = self
            .stage_verdict(index)
            .and_then(|()| self.stage_variables(index).map_err(Verdict::Failed));
        match verdict {
            Ok(variables) => {
                if let Some(run) = self.stage_runs.get_mut(index) {
                    run.started = true;
                    run.variables = variables;
                }
                if declared {
                    out.push(RunCommand::Emit(RunEvent::StageStarted {
                        stage: Arc::clone(&stage.name),
                    }));
                }
                let jobs = stage.jobs.iter().filter(|job| self.jobs.is_ready(**job));
                ready.extend(jobs.map(|job| Ready::Job(*job)));
                if stage.jobs.is_empty() {
                    self.finish_stage(index, StepResult::Succeeded, None, ready, out);
                }
            }
            Err(verdict) => {
                let (result, why) = verdict.result();
                for job in &stage.jobs {
                    tell_not_begun(&plan, *job, StepResult::Skipped, &why, out);
                    self.jobs.finish(*job, StepResult::Skipped);
                }
                self.finish_stage(index, result, Some(why), ready, out);
            }
        }
    }

    fn look_at_job(
        &mut self,
        index: usize,
        ready: &mut VecDeque<Ready>,
        out: &mut Vec<RunCommand>,
    ) {
        let plan = Arc::clone(&self.plan);
        let Some(job) = plan.jobs.get(index) else {
            return;
        };
        let begun = self
            .job_verdict(index)
            .and_then(|()| self.expand(index).map_err(Verdict::Failed))
            .and_then(|found| {
                let variables = self.job_variables(index).map_err(Verdict::Failed)?;
                Ok((found, variables))
            });
        let (instances, variables) = match begun {
            Ok(begun) => begun,
            Err(verdict) => {
                let (result, why) = verdict.result();
                tell_not_begun(&plan, index, result, &why, out);
                return self.finish_job(index, result, ready, out);
            }
        };
        if matches!(job.strategy, PlannedStrategy::ComputedMatrix { .. })
            && instances.iter().any(|instance| instance.part.is_some())
        {
            let legs = instances.iter();
            out.push(RunCommand::Emit(RunEvent::JobExpanded {
                job: Arc::clone(&job.id),
                legs: legs
                    .map(|leg| announcement::summary(&plan, job, leg))
                    .collect(),
            }));
        }
        let first = self.instances.len();
        let room = instance::max_parallel(job).map_or(usize::MAX, |most| {
            usize::try_from(most.get()).unwrap_or(usize::MAX)
        });
        if let Some(run) = self.job_runs.get_mut(index) {
            run.unfinished = instances.len();
            run.queue = (first..first + instances.len()).collect();
            run.variables = variables;
        }
        let running = |instance| Running {
            instance,
            started: false,
            finished: false,
        };
        self.instances.extend(instances.into_iter().map(running));
        for _ in 0..room {
            if !self.start_next(index, out) {
                break;
            }
        }
    }

    /// Starts the next instance of a job; tells whether there was one.
    fn start_next(&mut self, job: usize, out: &mut Vec<RunCommand>) -> bool {
        let Some(run) = self.job_runs.get_mut(job) else {
            return false;
        };
        let Some(number) = run.queue.pop_front() else {
            return false;
        };
        // The last one needs no copy.
        let variables = match run.queue.is_empty() {
            true => std::mem::take(&mut run.variables),
            false => run.variables.clone(),
        };
        let Some(running) = self.instances.get_mut(number) else {
            return false;
        };
        running.started = true;
        self.running += 1;
        let instance = running.instance.clone();
        out.push(RunCommand::StartJob {
            instance: number,
            start: JobStart {
                job,
                variables: self.instance_variables(&instance, variables),
                id: instance.id,
                started_ms: self.opening.started_ms,
                secrets: self.secrets.iter().cloned().collect(),
            },
        });
        true
    }

    fn instance_finished(&mut self, number: usize, end: JobEnd, out: &mut Vec<RunCommand>) {
        let Some(running) = self.instances.get_mut(number) else {
            return;
        };
        if !running.started || std::mem::replace(&mut running.finished, true) {
            return;
        }
        self.running -= 1;
        let job = running.instance.job;
        let part = running
            .instance
            .part
            .as_ref()
            .map(|part| Arc::clone(&part.name));
        let mut ready = VecDeque::new();
        if let Some(run) = self.job_runs.get_mut(job) {
            run.result = Some(worse_leg(run.result, end.result));
            self.secrets.extend(end.secrets);
            self.has_secret_outputs |= end.outputs.iter().any(|output| output.secret);
            run.outputs
                .extend(end.outputs.into_iter().map(|mut output| {
                    if let Some(part) = &part {
                        output.name = format!("{part}.{}", output.name);
                    }
                    output
                }));
            run.unfinished -= 1;
            if run.unfinished == 0 {
                let result = run.result.unwrap_or(StepResult::Succeeded);
                self.finish_job(job, result, &mut ready, out);
            } else {
                self.start_next(job, out);
            }
        }
        self.settle(ready, out);
    }

    /// Notes a job's result; what waited only for it is ready then.
    fn finish_job(
        &mut self,
        index: usize,
        result: StepResult,
        ready: &mut VecDeque<Ready>,
        out: &mut Vec<RunCommand>,
    ) {
        let Some(job) = self.plan.jobs.get(index) else {
            return;
        };
        let stage = job.stage;
        let result = match result {
            StepResult::Failed if job.continue_on_error => StepResult::SucceededWithIssues,
            other => other,
        };
        let dependents = self.jobs.finish(index, result);
        ready.extend(dependents.into_iter().map(Ready::Job));
        let Some(run) = self.stage_runs.get_mut(stage) else {
            return;
        };
        let merged = merge_into_stage(run.result.unwrap_or(StepResult::Succeeded), result);
        run.result = Some(merged);
        run.unfinished = run.unfinished.saturating_sub(1);
        self.result = merge_into_run(self.result, result);
        if run.unfinished == 0 {
            self.finish_stage(stage, merged, None, ready, out);
        }
    }

    fn finish_stage(
        &mut self,
        index: usize,
        result: StepResult,
        reason: Option<String>,
        ready: &mut VecDeque<Ready>,
        out: &mut Vec<RunCommand>,
    ) {
        let Some(stage) = self.plan.stages.get(index) else {
            return;
        };
        if &*stage.name != DEFAULT_STAGE {
            out.push(RunCommand::Emit(RunEvent::StageFinished {
                stage: Arc::clone(&stage.name),
                result,
                reason,
            }));
        }
        self.unfinished -= 1;
        self.result = merge_into_run(self.result, result);
        let dependents = self.stages.finish(index, result);
        ready.extend(dependents.into_iter().map(Ready::Stage));
    }

    /// The instances of a job whose condition holds.
    fn expand(&self, index: usize) -> Result<Vec<Instance>, String> {
        if let Some(known) = instance::known(&self.plan, index) {
            return Ok(known);
        }
        let Some(job) = self.plan.jobs.get(index) else {
            return Ok(Vec::new());
        };
        let PlannedStrategy::ComputedMatrix { legs, .. } = &job.strategy else {
            return Ok(Vec::new());
        };
        let scope = RunScope::new(self, Stand::Job(index), self.visible(job.stage));
        let cannot = |why: String| format!("the matrix cannot be made: {why}");
        let (value, secret) = scope.value_of(legs).map_err(cannot)?;
        let legs = computed_legs(&value).map_err(cannot)?;
        Ok(instance::of_computed_legs(job, index, legs, secret))
    }

    /// The variables that a job of this stage sees before it starts.
    fn visible(&self, stage: usize) -> &[StartVariable] {
        let run = self.stage_runs.get(stage);
        run.map_or(&[], |run| &run.variables)
    }

    /// The outputs of a job, with the names of legs before them.
    fn outputs(&self, job: usize) -> impl Iterator<Item = &OutputVariable> {
        self.job_runs
            .get(job)
            .into_iter()
            .flat_map(|run| &run.outputs)
    }
}

/// Tells the end of all instances of a job that never began.
fn tell_not_begun(
    plan: &Plan,
    index: usize,
    result: StepResult,
    why: &str,
    out: &mut Vec<RunCommand>,
) {
    let Some(job) = plan.jobs.get(index) else {
        return;
    };
    let instances = instance::known(plan, index);
    for instance in instances.unwrap_or_else(|| instance::of_legs(job, index, &[])) {
        let events = announcement::not_begun(&instance.id, job, result, why);
        out.extend(events.map(RunCommand::Emit));
    }
}
