//! What is told of a run, in the words of the tables.

use std::collections::BTreeMap;
use stepwell_event::{JobSummary, LineKind, Published, RunEvent};

/// What was told so far.
#[derive(Default)]
pub(crate) struct Record {
    jobs: Vec<JobSummary>,
    stages: Vec<String>,
    /// Results by `stage NAME`, `JOB` or `JOB/STEP`.
    results: BTreeMap<String, String>,
    run: String,
    /// `JOB: LINE` of what steps print.
    pub(crate) prints: Vec<String>,
    /// All else that steps say and do.
    pub(crate) log: Vec<String>,
    /// Why something did not succeed.
    pub(crate) reasons: Vec<String>,
    /// What happened when.
    pub(crate) timeline: Vec<String>,
}

impl Record {
    /// The results of everything, in the order of the file: the run, then each stage, then each job
    /// with its steps.
    pub(crate) fn results(&self) -> Vec<String> {
        let of = |name: &str| self.results.get(name).map_or("?", String::as_str);
        let stages = self.stages.iter().map(|stage| {
            let name = format!("stage {stage}");
            format!("{name} {}", of(&name))
        });
        let jobs = self.jobs.iter().map(|job| {
            let steps = (0..job.steps.len()).map(|step| of(&format!("{}/{step}", job.name)));
            let steps: Vec<_> = steps.collect();
            format!("{} {}: {}", job.name, of(&job.name), steps.join(" "))
        });
        let run = std::iter::once(format!("run {}", self.run));
        run.chain(stages).chain(jobs).collect()
    }

    /// What people call the jobs.
    pub(crate) fn labels(&self) -> Vec<String> {
        let jobs = self.jobs.iter();
        jobs.map(|job| format!("{}: {}", job.name, job.label))
            .collect()
    }

    /// Notes what happens at a time.
    pub(crate) fn at(&mut self, now: u64, what: &str) {
        let time = match now % 1_000 {
            0 => format!("{}s", now / 1_000),
            _ => format!("{now}ms"),
        };
        self.timeline.push(format!("{time} {what}"));
    }

    fn ended(&mut self, what: String, result: String, reason: Option<&String>) {
        if let Some(reason) = reason {
            self.reasons.push(format!("{what}: {reason}"));
        }
        let again = self.results.insert(what.clone(), result);
        assert_eq!(again, None, "{what} ended twice");
    }

    pub(crate) fn note(&mut self, now: u64, event: RunEvent) {
        match event {
            RunEvent::RunStarted { stages, jobs, .. } => {
                self.stages = stages.iter().map(|stage| stage.name.to_string()).collect();
                self.jobs = jobs;
            }
            RunEvent::JobExpanded { job, legs } => {
                let place = self.jobs.iter().position(|known| known.name == job);
                let place = place.expect("a job that is known");
                self.jobs.splice(place..=place, legs);
            }
            RunEvent::Line {
                job,
                source: LineKind::Stdout | LineKind::Stderr,
                text,
                ..
            } => self.prints.push(format!("{job}: {text}")),
            RunEvent::Line { source, text, .. } => self.log.push(format!("{source:?}: {text}")),
            RunEvent::IssueReported { issue, .. } => {
                let severity = format!("{:?}", issue.severity).to_lowercase();
                self.log.push(format!("{severity}: {}", issue.message));
            }
            RunEvent::VariableSet { name, value, .. } => {
                let value = value.unwrap_or_else(|| "(secret)".to_owned());
                self.log.push(format!("{name} = {value}"));
            }
            RunEvent::Published { published, .. } => self.log.push(told(&published)),
            RunEvent::StepRetried { delay_ms, .. } => {
                self.log.push(format!("retry in {} s", delay_ms / 1_000));
            }
            RunEvent::StepFinished { job, step, record } => {
                let (name, result) = (format!("{job}/{step}"), format!("{:?}", record.result));
                if record.outcome.is_some() {
                    self.at(now, &format!("{name} {result}"));
                }
                self.ended(name, result, record.reason.as_ref());
            }
            RunEvent::JobFinished {
                job,
                result,
                reason,
            } => {
                let result = format!("{result:?}");
                self.at(now, &format!("{job} {result}"));
                self.ended(job.to_string(), result, reason.as_ref());
            }
            RunEvent::StageFinished {
                stage,
                result,
                reason,
            } => {
                let (name, result) = (format!("stage {stage}"), format!("{result:?}"));
                self.at(now, &format!("{name} {result}"));
                self.ended(name, result, reason.as_ref());
            }
            RunEvent::RunFinished { result } => {
                self.run = format!("{result:?}");
                self.at(now, &format!("run {result:?}"));
            }
            RunEvent::CancelRequested { .. } => self.at(now, "cancel"),
            RunEvent::StageStarted { .. }
            | RunEvent::JobStarted { .. }
            | RunEvent::StepStarted { .. }
            | RunEvent::StepInvoked { .. }
            | RunEvent::StepKept { .. }
            | RunEvent::Progressed { .. } => {}
        }
    }
}

fn told(published: &Published) -> String {
    match published {
        Published::ArtifactLink {
            name,
            kind,
            location,
        } => format!("artifact {name} is {kind} {location}"),
        Published::RunNumber { number } => format!("number {number}"),
        Published::Tag { tag } => format!("tag {tag}"),
        Published::Detail(detail) => format!("detail {} {}", detail.name, detail.operation),
        other => format!("{other:?}"),
    }
}
