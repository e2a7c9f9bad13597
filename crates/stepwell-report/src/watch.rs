//! A run as a view sees it: its state, its names, and which stages began.

use crate::explain;
use crate::hostile::hostile;
use crate::name::Names;
use crate::text::count;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use stepwell_event::{
    Envelope, JobSummary, LineKind, RunEvent, RunId, RunState, StageSummary, StepResult,
};

/// Names of legs that are listed when a job turns into them.
const LEGS: usize = 6;

/// A run that is followed event by event.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    state: RunState,
    names: Names,
    /// The host's wall clock when each stage began.
    began_ms: HashMap<Arc<str>, u64>,
    /// Whether words for authors of tasks are shown.
    debug: bool,
}

impl Watch {
    /// Goes on by one event.
    pub(crate) fn apply(&mut self, envelope: &Envelope) {
        match &envelope.event {
            RunEvent::RunStarted {
                stages,
                jobs,
                snapshot,
                ..
            } => {
                self.debug = snapshot.debug;
                let stages = stages.iter();
                self.names
                    .add_stages(stages.map(|stage| (&stage.name, stage.label.as_str())));
                self.add_jobs(jobs);
            }
            RunEvent::JobExpanded { legs, .. } => self.add_jobs(legs),
            RunEvent::StageStarted { stage } => {
                self.began_ms.insert(Arc::clone(stage), envelope.time_ms);
            }
            _ => {}
        }
        self.state.apply(envelope);
    }

    fn add_jobs(&mut self, jobs: &[JobSummary]) {
        let jobs = jobs.iter();
        self.names
            .add_jobs(jobs.map(|job| (&job.name, job.label.as_str())));
    }

    /// A line as people hear it: words for authors of tasks are said aloud only if that is wanted.
    pub(crate) fn heard<'t>(&self, source: LineKind, text: &'t str) -> (LineKind, Cow<'t, str>) {
        match source {
            LineKind::Debug if self.debug => (LineKind::Info, format!("debug: {text}").into()),
            _ => (source, text.into()),
        }
    }

    pub(crate) fn job<'a>(&'a self, job: &'a str) -> Cow<'a, str> {
        self.names.job(job)
    }

    pub(crate) fn stage<'a>(&'a self, stage: &'a str) -> Cow<'a, str> {
        self.names.stage(stage)
    }

    pub(crate) fn step(&self, job: &str, step: u32) -> String {
        explain::label(&self.state, job, step)
    }

    /// How many steps a job has.
    pub(crate) fn steps(&self, job: &str) -> usize {
        self.state.job(job).map_or(0, |job| job.steps.len())
    }

    /// The stage that a job is part of; none in a pipeline that declares none.
    pub(crate) fn stage_of(&self, job: &str) -> Option<&Arc<str>> {
        let stage = &self.state.job(job)?.stage;
        (!stage.is_empty()).then_some(stage)
    }

    /// Milliseconds of the run so far.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.state.elapsed_ms()
    }

    /// Milliseconds of a job that began.
    pub(crate) fn job_elapsed_ms(&self, job: &str) -> Option<u64> {
        let job = self.state.job(job).filter(|job| job.started_ms.is_some())?;
        Some(job.elapsed_ms(self.state.seen_ms))
    }

    /// Milliseconds of a stage that began.
    pub(crate) fn stage_elapsed_ms(&self, stage: &str) -> Option<u64> {
        let began = self.began_ms.get(stage)?;
        Some(self.state.seen_ms.saturating_sub(*began))
    }

    /// Whether a job is known and did not begin: nothing is to be said of its steps.
    pub(crate) fn never_began(&self, job: &str) -> bool {
        let job = self.state.job(job);
        job.is_some_and(|job| job.started_ms.is_none())
    }

    /// Whether a job is skipped only because its stage does not begin: the stage tells enough.
    pub(crate) fn ends_with_stage(&self, job: &str, result: StepResult) -> bool {
        let began = |stage| self.began_ms.contains_key(stage);
        result == StepResult::Skipped && self.stage_of(job).is_some_and(|stage| !began(stage))
    }
}

/// A run by its number and its identifier: `run 20241122.1 (run_…)`.
pub(crate) fn run(number: &str, run: Option<RunId>) -> String {
    let id = run.map(|run| run.to_string());
    match (number, id) {
        ("", Some(id)) => id,
        (number, Some(id)) if number == id => id,
        ("", None) => "run".to_owned(),
        (number, Some(id)) => format!("run {} ({id})", hostile(number)),
        (number, None) => format!("run {}", hostile(number)),
    }
}

/// The same behind something else: `, run 20241122.1 (run_…)`.
pub(crate) fn aside(number: &str, id: RunId) -> String {
    let id = id.to_string();
    match number == id || number.is_empty() {
        true => format!(" ({id})"),
        false => format!(", run {} ({id})", hostile(number)),
    }
}

/// What a run is about to do: `2 stages, 3 jobs`.
pub(crate) fn extent(stages: &[StageSummary], jobs: &[JobSummary]) -> String {
    let jobs = count(jobs.len(), "job");
    match stages.len() {
        0 => jobs,
        stages => format!("{}, {jobs}", count(stages, "stage")),
    }
}

/// What a job turned into: `2 legs: debug, release`.
pub(crate) fn legs(legs: &[JobSummary]) -> String {
    let named = legs.iter().take(LEGS).map(|leg| match &*leg.label {
        "" => hostile(&leg.name),
        label => hostile(label),
    });
    let named: Vec<_> = named.collect();
    let mut text = format!("{}: {}", count(legs.len(), "leg"), named.join(", "));
    if let Some(more @ 1..) = legs.len().checked_sub(LEGS) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
