//! Where a run stands, as a fold over its events.
//!
//! Every view and every recovery reads a run this way, so that they agree by construction. The
//! fold is total: a torn journal gives a prefix of the events, and events that fit nothing (an
//! unknown job, a step out of range) are passed over.

use crate::{
    Envelope, Issue, JobSummary, Published, RunEvent, RunId, RunResult, StageSummary, StepRecord,
    StepResult,
};
use std::collections::HashMap;
use std::sync::Arc;

/// A run as far as its events tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunState {
    /// The run; `None` before the first event.
    pub run: Option<RunId>,
    /// The pipeline's name.
    pub name: String,
    /// The run's number.
    pub number: String,
    /// The run's tags.
    pub tags: Vec<String>,
    /// The host's wall clock at the start of the run.
    pub started_ms: Option<u64>,
    /// The host's wall clock at the newest event.
    pub seen_ms: u64,
    /// Whether somebody asked to cancel the run.
    pub cancel_requested: bool,
    /// How the run ended; `None` while it has not.
    pub result: Option<RunResult>,
    /// Its stages in the order of the file.
    pub stages: Vec<StageState>,
    /// Its jobs in the order of the file.
    pub jobs: Vec<JobState>,
    /// Positions of the jobs by identifier.
    places: HashMap<Arc<str>, usize>,
}

/// A stage as far as its events tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageState {
    /// The stage's name.
    pub name: Arc<str>,
    /// What a person calls it; empty for the stage of a pipeline that declares none.
    pub label: String,
    /// How it ended; `None` while it has not.
    pub result: Option<StepResult>,
    /// Why it did not succeed, where its jobs do not tell.
    pub reason: Option<String>,
}

/// A job as far as its events tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobState {
    /// The job's identifier.
    pub name: Arc<str>,
    /// What a person calls it.
    pub label: String,
    /// The stage that it is part of.
    pub stage: Arc<str>,
    /// The host's wall clock when it began.
    pub started_ms: Option<u64>,
    /// The host's wall clock when it ended.
    pub finished_ms: Option<u64>,
    /// How it ended; `None` while it has not.
    pub result: Option<StepResult>,
    /// Why it did not succeed, where its steps do not tell.
    pub reason: Option<String>,
    /// Its steps in order.
    pub steps: Vec<StepState>,
}

/// A step as far as its events tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// What a person calls it.
    pub label: String,
    /// The task it runs.
    pub task: String,
    /// The host's wall clock when it began.
    pub started_ms: Option<u64>,
    /// The problems that it reported, as far as they are kept.
    pub issues: Vec<Issue>,
    /// What it published.
    pub published: Vec<Published>,
    /// How it ended; `None` while it has not.
    pub record: Option<Box<StepRecord>>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobPosition {
    /// It waits for other jobs.
    NotStarted,
    /// It has begun.
    AtStep {
        /// The step that runs or is next, from 1.
        step: usize,
        /// How many steps the job has.
        of: usize,
    },
    /// It has ended.
    Finished(StepResult),
}

impl RunState {
    /// The state after `envelopes`.
    #[must_use]
    pub fn from_events<'a>(envelopes: impl IntoIterator<Item = &'a Envelope>) -> Self {
        let mut state = Self::default();
        for envelope in envelopes {
            state.apply(envelope);
        }
        state
    }

    /// Goes on by one event.
    pub fn apply(&mut self, envelope: &Envelope) {
        let time_ms = envelope.time_ms;
        self.run.get_or_insert(envelope.run);
        self.seen_ms = self.seen_ms.max(time_ms);
        match &envelope.event {
            RunEvent::RunStarted {
                name,
                number,
                stages,
                jobs,
                ..
            } => {
                self.name.clone_from(name);
                self.number.clone_from(number);
                self.started_ms = Some(time_ms);
                self.stages = stages.iter().map(StageState::planned).collect();
                self.jobs = jobs.iter().map(JobState::planned).collect();
                self.remember_places(0);
            }
            RunEvent::JobExpanded { job, legs } => {
                if let Some(place) = self.places.remove(job) {
                    let legs = legs.iter().map(JobState::planned);
                    self.jobs.splice(place..=place, legs);
                    self.remember_places(place);
                }
            }
            RunEvent::StageFinished {
                stage,
                result,
                reason,
            } => {
                let mut stages = self.stages.iter_mut();
                if let Some(stage) = stages.find(|known| known.name == *stage) {
                    stage.result = Some(*result);
                    stage.reason.clone_from(reason);
                }
            }
            RunEvent::JobStarted { job } => {
                if let Some(job) = self.job_mut(job) {
                    job.started_ms = Some(time_ms);
                }
            }
            RunEvent::StepStarted { job, step } => {
                if let Some(step) = self.step_mut(job, *step) {
                    step.started_ms = Some(time_ms);
                }
            }
            RunEvent::IssueReported { job, step, issue } => {
                if let Some(step) = self.step_mut(job, *step) {
                    step.issues.push(issue.clone());
                }
            }
            RunEvent::StepFinished { job, step, record } => {
                if let Some(step) = self.step_mut(job, *step) {
                    step.record = Some(record.clone());
                }
            }
            RunEvent::JobFinished {
                job,
                result,
                reason,
            } => {
                if let Some(job) = self.job_mut(job) {
                    job.finished_ms = Some(time_ms);
                    job.result = Some(*result);
                    job.reason.clone_from(reason);
                }
            }
            RunEvent::Published {
                job,
                step,
                published,
            } => self.publish(job, *step, published),
            RunEvent::CancelRequested { .. } => self.cancel_requested = true,
            RunEvent::RunFinished { result } => self.result = Some(*result),
            RunEvent::StageStarted { .. }
            | RunEvent::Line { .. }
            | RunEvent::Progressed { .. }
            | RunEvent::VariableSet { .. }
            | RunEvent::StepKept { .. }
            | RunEvent::StepRetried { .. } => {}
        }
    }

    fn publish(&mut self, job: &str, step: u32, published: &Published) {
        match published {
            Published::RunNumber { number } => self.number.clone_from(number),
            Published::Tag { tag } if !self.tags.contains(tag) => self.tags.push(tag.clone()),
            Published::Tag { .. } => {}
            _ => {
                if let Some(step) = self.step_mut(job, step) {
                    step.published.push(published.clone());
                }
            }
        }
    }

    fn remember_places(&mut self, from: usize) {
        let jobs = self.jobs.iter().enumerate().skip(from);
        self.places
            .extend(jobs.map(|(place, job)| (Arc::clone(&job.name), place)));
    }

    /// The job of this identifier.
    #[must_use]
    pub fn job(&self, name: &str) -> Option<&JobState> {
        self.jobs.get(*self.places.get(name)?)
    }

    /// The step of this job at this position, from 0.
    #[must_use]
    pub fn step(&self, job: &str, step: u32) -> Option<&StepState> {
        self.job(job)?.steps.get(usize::try_from(step).ok()?)
    }

    /// Milliseconds from the start of the run to its newest event by the host's wall clock.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        self.started_ms
            .map_or(0, |started| self.seen_ms.saturating_sub(started))
    }

    fn job_mut(&mut self, name: &str) -> Option<&mut JobState> {
        self.jobs.get_mut(*self.places.get(name)?)
    }

    fn step_mut(&mut self, job: &str, step: u32) -> Option<&mut StepState> {
        let step = usize::try_from(step).ok()?;
        self.job_mut(job)?.steps.get_mut(step)
    }
}

impl StageState {
    fn planned(stage: &StageSummary) -> Self {
        Self {
            name: Arc::clone(&stage.name),
            label: stage.label.clone(),
            result: None,
            reason: None,
        }
    }
}

impl JobState {
    fn planned(job: &JobSummary) -> Self {
        let step = |step: &crate::StepSummary| StepState {
            label: step.label.clone(),
            task: step.task.clone(),
            started_ms: None,
            issues: Vec::new(),
            published: Vec::new(),
            record: None,
        };
        Self {
            name: Arc::clone(&job.name),
            label: job.label.clone(),
            stage: Arc::clone(&job.stage),
            started_ms: None,
            finished_ms: None,
            result: None,
            reason: None,
            steps: job.steps.iter().map(step).collect(),
        }
    }

    /// Where the job stands.
    #[must_use]
    pub fn position(&self) -> JobPosition {
        if let Some(result) = self.result {
            return JobPosition::Finished(result);
        }
        if self.started_ms.is_none() {
            return JobPosition::NotStarted;
        }
        let done = self.steps.iter().filter(|step| step.record.is_some());
        let of = self.steps.len();
        JobPosition::AtStep {
            step: of.min(done.count() + 1),
            of,
        }
    }

    /// Milliseconds from the start of the job to its end, or to `now_ms` while it runs.
    #[must_use]
    pub fn elapsed_ms(&self, now_ms: u64) -> u64 {
        let end = self.finished_ms.unwrap_or(now_ms);
        self.started_ms
            .map_or(0, |started| end.saturating_sub(started))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FORMAT_VERSION, Outcome, Snapshot, StepSummary, Usage};

    fn events() -> Vec<RunEvent> {
        let step = |label: &str| StepSummary {
            label: label.into(),
            task: "lint".into(),
        };
        let record = StepRecord {
            result: StepResult::Succeeded,
            outcome: Some(Outcome::Succeeded),
            reason: None,
            usage: Usage::default(),
            errors: 0,
            warnings: 0,
            denials: Vec::new(),
        };
        let finished = |step| RunEvent::StepFinished {
            job: "a".into(),
            step,
            record: Box::new(record.clone()),
        };
        vec![
            RunEvent::RunStarted {
                name: "demo".into(),
                number: "1".into(),
                snapshot: Snapshot::default(),
                stages: Vec::new(),
                jobs: vec![JobSummary {
                    name: "a".into(),
                    label: "a".into(),
                    stage: "".into(),
                    depends_on: Vec::new(),
                    steps: vec![step("one"), step("two")],
                }],
            },
            RunEvent::JobStarted { job: "a".into() },
            finished(0),
            finished(1),
            RunEvent::JobFinished {
                job: "a".into(),
                result: StepResult::Succeeded,
                reason: None,
            },
            RunEvent::RunFinished {
                result: RunResult::Succeeded,
            },
        ]
    }

    fn state_of(events: impl IntoIterator<Item = RunEvent>) -> RunState {
        let envelopes: Vec<Envelope> = (0u64..)
            .zip(events)
            .map(|(seq, event)| Envelope {
                v: FORMAT_VERSION,
                run: RunId::from_parts(1, 2),
                seq,
                time_ms: 100 + seq,
                event,
            })
            .collect();
        RunState::from_events(&envelopes)
    }

    #[test]
    fn every_prefix_tells_where_the_job_stands() {
        use JobPosition::{AtStep, Finished, NotStarted};
        let expect = [
            NotStarted,
            AtStep { step: 1, of: 2 },
            AtStep { step: 2, of: 2 },
            AtStep { step: 2, of: 2 },
            Finished(StepResult::Succeeded),
            Finished(StepResult::Succeeded),
        ];
        for (count, expect) in (1..).zip(expect) {
            let state = state_of(events().into_iter().take(count));
            assert_eq!(state.jobs[0].position(), expect, "after {count} events");
            assert_eq!(state.result.is_some(), count == 6);
        }
        let state = state_of(events());
        assert_eq!(state.elapsed_ms(), 5);
        assert_eq!(state.jobs[0].elapsed_ms(0), 3);
    }

    #[test]
    fn events_that_fit_nothing_are_passed_over() {
        let stray = |job: &str, step| RunEvent::StepStarted {
            job: job.into(),
            step,
        };
        let mut odd = events();
        odd.insert(1, stray("nobody", 0));
        odd.insert(1, stray("a", u32::MAX));
        assert_eq!(
            state_of(odd).jobs[0].steps,
            state_of(events()).jobs[0].steps
        );
        assert_eq!(state_of([stray("a", 0)]).jobs, []);
    }
}
