//! One run: its machine, and a driver for every job that it starts.

use crate::collect::Collector;
use crate::job::JobDriver;
use crate::keeping::{Keep, Keeper};
use crate::recorder::Recorder;
use crate::step::StepRunner;
use std::path::Path;
use std::sync::Arc;
use stepwell_engine::{JobEnd, JobMachine, JobStart, Opening, RunCommand, RunInput, RunMachine};
use stepwell_event::{RunEvent, RunResult};
use stepwell_plan::Plan;
use stepwell_store::JournalError;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

/// How urgently a run is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CancelLevel {
    /// Not at all.
    Running,
    /// Steps are asked to end and get their grace; steps with `always()` still run.
    Gracefully,
    /// Steps are stopped, and nothing else starts.
    Now,
}

/// What a run needs.
pub struct Run<R> {
    /// What is run.
    pub plan: Arc<Plan>,
    /// What it begins with.
    pub opening: Opening,
    /// The directory on the host that steps see, as far as their grants go.
    pub workspace: Arc<Path>,
    /// Who runs the steps.
    pub steps: Arc<R>,
    /// Who reads what steps publish.
    pub collector: Collector,
    /// What is kept of steps beside the journal.
    pub keep: Keep,
    /// Where events go.
    pub recorder: Arc<Recorder>,
    /// The runtime that guests run on.
    pub guests: Handle,
    /// How many jobs run side by side at most.
    pub parallel_jobs: usize,
}

/// The run could not go on, through no fault of a guest.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal cannot be written.
    #[error("the journal of runs cannot be kept")]
    Journal(#[from] JournalError),
    /// A driver panicked.
    #[error("a job's driver failed; this is a defect of Stepwell")]
    Defect(#[source] JoinError),
}

/// Runs a plan to its end. When this returns, every event is durable.
///
/// # Errors
///
/// The journal cannot be written, or Stepwell has a defect. Running jobs are stopped then.
pub async fn run<R: StepRunner>(
    mut run: Run<R>,
    mut cancel: watch::Receiver<CancelLevel>,
) -> Result<RunResult, RunError> {
    let opening = std::mem::take(&mut run.opening);
    let machine = RunMachine::new(Arc::clone(&run.plan), opening);
    let (cancel_jobs, _) = watch::channel(CancelLevel::Running);
    let slots = Arc::new(Semaphore::new(run.parallel_jobs));
    let keep = std::mem::take(&mut run.keep);
    let keeper = Keeper::new(keep, run.recorder.run(), run.collector.clone());
    let mut driver = RunDriver {
        run,
        machine,
        cancel_jobs,
        slots,
        keeper: Arc::new(keeper),
        jobs: JoinSet::new(),
    };
    let mut result = driver.input(RunInput::Start).await?;
    while result.is_none() {
        let input = tokio::select! {
            Some(ended) = driver.jobs.join_next() => {
                let (instance, end) = ended.map_err(RunError::Defect)?;
                RunInput::JobFinished { instance, end }
            }
            Ok(()) = cancel.changed() => {
                RunInput::Cancel { now: *cancel.borrow_and_update() == CancelLevel::Now }
            }
            // Dropping the driver stops its jobs: nothing that they still did would be kept.
            error = driver.run.recorder.journal().failed() => return Err(error.into()),
        };
        result = driver.input(input).await?;
    }
    Ok(result.unwrap_or(RunResult::Failed))
}

struct RunDriver<R> {
    run: Run<R>,
    machine: RunMachine,
    cancel_jobs: watch::Sender<CancelLevel>,
    slots: Arc<Semaphore>,
    keeper: Arc<Keeper>,
    jobs: JoinSet<(usize, JobEnd)>,
}

impl<R: StepRunner> RunDriver<R> {
    async fn input(&mut self, input: RunInput) -> Result<Option<RunResult>, RunError> {
        let mut commands = Vec::new();
        self.machine.handle(input, &mut commands);
        let mut finished = None;
        for command in commands {
            match command {
                RunCommand::Emit(end @ RunEvent::RunFinished { .. }) => {
                    self.run.recorder.record_durably(end).await?;
                }
                RunCommand::Emit(event) => self.run.recorder.record(event),
                RunCommand::StartJob { instance, start } => self.start(instance, start).await?,
                RunCommand::CancelJobs { now } => {
                    let level = if now {
                        CancelLevel::Now
                    } else {
                        CancelLevel::Gracefully
                    };
                    self.cancel_jobs.send_replace(level);
                }
                RunCommand::Finish(result) => finished = Some(result),
            }
        }
        Ok(finished)
    }

    async fn start(&mut self, instance: usize, start: JobStart) -> Result<(), RunError> {
        let plan = &self.run.plan;
        let depends = plan.jobs.get(start.job).is_some_and(|job| {
            let stage = plan.stages.get(job.stage);
            !job.depends_on.is_empty() || stage.is_some_and(|stage| !stage.depends_on.is_empty())
        });
        if depends {
            // What this job builds on must not be lost when it is done and they are not.
            self.run.recorder.journal().flush().await?;
        }
        let workspace = self.run.workspace.to_path_buf();
        let driver = JobDriver {
            job: Arc::clone(&start.id),
            machine: JobMachine::new(Arc::clone(&self.run.plan), start, workspace),
            recorder: Arc::clone(&self.run.recorder),
            steps: Arc::clone(&self.run.steps),
            collector: self.run.collector.clone(),
            keeper: Arc::clone(&self.keeper),
            cancel: self.cancel_jobs.subscribe(),
        };
        let slots = Arc::clone(&self.slots);
        self.jobs.spawn_on(
            async move {
                // The semaphore is never closed, so waiting for it cannot fail.
                let _slot = slots.acquire_owned().await;
                (instance, driver.drive().await)
            },
            &self.run.guests,
        );
        Ok(())
    }
}
