//! A run of a pipeline on a candidate.

use super::copy::Copy;
use super::session::{Left, aside};
use super::{Pipelines, Prepared, Session, Wanted};
use crate::archive::Archive;
use crate::opening::salt;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_event::{
    Access, Envelope, HostAnswer, HostRefusal, JobSummary, LabResult, LabRun, LabStep, Outcome,
    RunEvent, RunId, RunResult, StepRecord,
};
use stepwell_runner::{
    CancelLevel, Collector, Keep, OpeningError, Recorder, Run, StepRunner, Watch, now_ms,
};
use tokio::sync::{oneshot, watch};

/// Bytes of the end of a run's log that are told.
const MAX_LOG: usize = 64 << 10;

/// Steps of a run that are told.
const MAX_STEPS: usize = 10_000;

impl<R: StepRunner, A: Archive, P: Pipelines> Session<R, A, P> {
    /// Runs a pipeline on the candidate, whose files are in `files`. It is stopped when nobody waits
    /// any more.
    pub(super) async fn run(
        &mut self,
        run: LabRun,
        files: &Path,
        waiting: &mut oneshot::Sender<HostAnswer>,
    ) -> Result<LabResult, HostRefusal> {
        // Only the text of the project's own pipeline is in the key, and the candidate's are in its
        // tree.
        self.foreign |= !run.of_candidate && !run.pipeline.is_empty();
        let began = Instant::now();
        let (run, prepared) = self.prepared(run, files).await?;
        let workspace = self.workspace(run, &prepared, files).await?;
        let journal = self.shared.runs().await?.clone();
        let Prepared {
            plan,
            beginning,
            steps,
            closed,
            parallel_jobs,
        } = prepared;
        let opening = stepwell_runner::open(&plan, &journal, beginning).await;
        let opening = opening.map_err(|error| match error {
            OpeningError::Input(why) => HostRefusal::Invalid(why),
            OpeningError::Journal(error) => HostRefusal::Infrastructure(error.to_string()),
        })?;
        let bench = &self.shared.bench;
        let now = now_ms();
        let id = RunId::from_parts(now, u128::from(salt(now)));
        let (recorder, events) = Recorder::new(id, journal);
        let run = Run {
            plan,
            opening,
            workspace: workspace.as_path().into(),
            steps,
            collector: Collector::new(&workspace, closed, &bench.folder),
            keep: Keep::default(),
            recorder: Arc::new(recorder),
            guests: bench.guests.clone(),
            parallel_jobs,
        };
        let (cancel, canceled) = watch::channel(CancelLevel::Running);
        let running = async { tokio::join!(stepwell_runner::run(run, canceled), told(events)) };
        let mut running = std::pin::pin!(running);
        let mut stopped = false;
        let (ended, mut told) = loop {
            tokio::select! {
                ended = &mut running => break ended,
                () = waiting.closed(), if !stopped => {
                    // It is waited for, so that nothing works in a folder that is removed.
                    stopped = true;
                    cancel.send_replace(CancelLevel::Now);
                }
            }
        };
        told.end = ended.map_err(|error| HostRefusal::Infrastructure(error.to_string()))?;
        told.duration_ms = millis(began.elapsed());
        Ok(told)
    }

    async fn prepared(
        &self,
        run: LabRun,
        files: &Path,
    ) -> Result<(LabRun, Prepared<P::Steps>), HostRefusal> {
        let pipelines = Arc::clone(&self.shared.bench.pipelines);
        let version = self.version.clone();
        let files = files.to_owned();
        aside(move || {
            let wanted = Wanted {
                pipeline: &run.pipeline,
                candidate: run.of_candidate.then_some(&*files),
                version: &version,
                variables: &run.variables,
            };
            let prepared = pipelines.prepare(&wanted)?;
            Ok((run, prepared))
        })
        .await
    }

    /// Where the run works: in a clean copy, unless it can change nothing anyway.
    async fn workspace(
        &mut self,
        run: LabRun,
        prepared: &Prepared<P::Steps>,
        files: &Path,
    ) -> Result<PathBuf, HostRefusal> {
        let writes = |access| access == Access::Write;
        let tasks = &prepared.plan.tasks;
        let writes = tasks.iter().any(|task| writes(task.grant.widest_access()));
        let left = if writes || !run.overlays.is_empty() {
            let (from, to) = (files.to_owned(), self.shared.place());
            Left::Copy(aside(move || Copy::make(&from, to, &run.overlays)).await?)
        } else {
            Left::Files(files.to_owned())
        };
        let path = left.path().to_owned();
        self.last = Some(left);
        Ok(path)
    }
}

/// Makes of the events of a run what an oracle is told.
async fn told(mut events: Watch) -> LabResult {
    let mut telling = Telling::default();
    while let Some(events) = events.next().await {
        events.iter().for_each(|event| telling.take(event));
    }
    LabResult {
        end: RunResult::Canceled,
        steps: telling.steps,
        log: tail(&telling.log).to_owned(),
        duration_ms: 0,
    }
}

#[derive(Default)]
struct Telling {
    /// The names of each job's steps.
    names: HashMap<Arc<str>, Vec<String>>,
    steps: Vec<LabStep>,
    log: String,
}

impl Telling {
    fn take(&mut self, envelope: &Envelope) {
        match &envelope.event {
            RunEvent::RunStarted { jobs, .. } => self.jobs(jobs),
            RunEvent::JobExpanded { legs, .. } => self.jobs(legs),
            RunEvent::Line { text, .. } => self.line(text),
            RunEvent::StepFinished { job, step, record } if self.steps.len() < MAX_STEPS => {
                let names = self.names.get(job);
                let name = names.and_then(|names| names.get(*step as usize));
                let name = name.cloned().unwrap_or_default();
                self.steps.push(step_of(job, name, record));
            }
            _ => {}
        }
    }

    fn jobs(&mut self, jobs: &[JobSummary]) {
        for job in jobs {
            let steps = job.steps.iter().map(|step| step.label.to_string());
            self.names.insert(Arc::clone(&job.name), steps.collect());
        }
    }

    fn line(&mut self, text: &str) {
        self.log.push_str(text);
        self.log.push('\n');
        if self.log.len() > 4 * MAX_LOG {
            self.log = tail(&self.log).to_owned();
        }
    }
}

/// The end of a log, from the beginning of a line if it has one.
fn tail(log: &str) -> &str {
    let from = log.ceil_char_boundary(log.len().saturating_sub(MAX_LOG));
    let tail = log.get(from..).unwrap_or_default();
    match tail.split_once('\n') {
        Some((_, lines)) if from > 0 && !lines.is_empty() => lines,
        _ => tail,
    }
}

fn step_of(job: &Arc<str>, name: String, record: &StepRecord) -> LabStep {
    let outcome = record.outcome.as_ref();
    LabStep {
        job: job.to_string(),
        name,
        end: record.result,
        cause: outcome.map_or_else(String::new, |outcome| outcome.name().to_owned()),
        exit_code: outcome.and_then(|outcome| match outcome {
            Outcome::Succeeded => Some(0),
            Outcome::ExitCode { code } | Outcome::Failed { code, .. } => Some(*code),
            _ => None,
        }),
        message: record.reason.clone().unwrap_or_default(),
        duration_ms: millis(Duration::from_micros(record.usage.wall_us)),
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
