//! Run events: every change of state, in order.

use crate::{
    Denial, Digest, Kept, Outcome, Published, RunId, RunResult, StepResult, Stream, Usage,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version of this format, written into every envelope.
pub const FORMAT_VERSION: u32 = 1;

/// One event of a run with its place in the run's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Envelope {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The run.
    pub run: RunId,
    /// Position in the run, from 0, without gaps.
    pub seq: u64,
    /// Milliseconds since the Unix epoch by the host's wall clock; for people, never for order.
    pub time_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// What happened. Texts are masked before they get here; texts of guests stay hostile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum RunEvent {
    /// The run began; everything about it that can be known before it starts.
    RunStarted {
        /// The pipeline's name.
        name: String,
        /// The run's number.
        #[serde(default)]
        number: String,
        /// What is needed to run it again.
        snapshot: Snapshot,
        /// Its stages in the order of the file.
        #[serde(default)]
        stages: Vec<StageSummary>,
        /// Its jobs in the order of the file, each leg of a matrix on its own as far as they are
        /// known.
        jobs: Vec<JobSummary>,
    },
    /// A stage began.
    StageStarted {
        /// The stage's name.
        stage: Arc<str>,
    },
    /// A stage ended, or was skipped.
    StageFinished {
        /// The stage's name.
        stage: Arc<str>,
        /// How.
        result: StepResult,
        /// Why it did not succeed, where its jobs do not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The legs of a job are known; they take its place.
    JobExpanded {
        /// The job's identifier.
        job: Arc<str>,
        /// Its legs.
        legs: Vec<JobSummary>,
    },
    /// A job began.
    JobStarted {
        /// The job's identifier.
        job: Arc<str>,
    },
    /// A step began.
    StepStarted {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job, from 0.
        step: u32,
    },
    /// One line of a step's log.
    Line {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// Where the line comes from.
        source: LineKind,
        /// The line without its end, masked.
        text: String,
    },
    /// A step reported a problem.
    IssueReported {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// The problem.
        issue: Issue,
    },
    /// A step told how far it is.
    Progressed {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// 0 to 100, never falling.
        percent: u8,
        /// What is being done.
        message: String,
    },
    /// A step set a variable.
    VariableSet {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// The variable's name; for an output variable with the step's name before it.
        name: String,
        /// The value; `None` for a secret.
        value: Option<String>,
    },
    /// A step published something.
    Published {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// What.
        published: Box<Published>,
    },
    /// A step failed and is run again after a while.
    StepRetried {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// Which retry follows, from 1.
        retry: u32,
        /// How long it waits, in milliseconds.
        delay_ms: u64,
        /// Why it failed.
        reason: String,
    },
    /// Something of a step was kept beside the journal.
    StepKept {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// What.
        kept: Box<Kept>,
    },
    /// A step ended, or was skipped.
    StepFinished {
        /// The job's identifier.
        job: Arc<str>,
        /// The step's position in the job.
        step: u32,
        /// How.
        record: Box<StepRecord>,
    },
    /// A job ended, or was skipped.
    JobFinished {
        /// The job's identifier.
        job: Arc<str>,
        /// How.
        result: StepResult,
        /// Why it did not succeed, where its steps do not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Somebody asked to cancel the run.
    CancelRequested {
        /// Whether running steps are stopped at once, without grace.
        now: bool,
    },
    /// The run ended.
    RunFinished {
        /// How.
        result: RunResult,
    },
}

/// All that is needed to run a run again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Snapshot {
    /// The pipeline file as the user named it.
    pub file: String,
    /// Its exact text.
    pub text: String,
    /// The templates that it uses: their paths in the project, and their exact texts.
    #[serde(default)]
    pub templates: Vec<(String, String)>,
    /// Its parameters with the values that they had.
    #[serde(default)]
    pub parameters: Vec<(String, String)>,
    /// Whether words for authors of tasks are shown (`System.Debug`).
    #[serde(default)]
    pub debug: bool,
    /// Variables given on the command line, in order; never secrets.
    pub variables: Vec<(String, String)>,
    /// The components, by the name the pipeline uses.
    pub tasks: Vec<TaskSummary>,
}

/// A component that a run uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TaskSummary {
    /// The name in the pipeline.
    pub name: String,
    /// Its bytes.
    pub digest: Digest,
}

/// A stage as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StageSummary {
    /// The stage's name.
    pub name: Arc<str>,
    /// What a person calls it; empty for the stage of a pipeline that declares none.
    pub label: String,
    /// The stages it waits for.
    pub depends_on: Vec<Arc<str>>,
}

/// A job as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobSummary {
    /// The job's identifier: `stage.job.leg`, without the parts that there are not.
    pub name: Arc<str>,
    /// What a person calls it.
    #[serde(default)]
    pub label: String,
    /// The stage that it is part of.
    #[serde(default)]
    pub stage: Arc<str>,
    /// The identifiers of the jobs it waits for.
    pub depends_on: Vec<Arc<str>>,
    /// Its steps in order.
    pub steps: Vec<StepSummary>,
}

/// A step as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepSummary {
    /// What a person calls it: its name, or the task's.
    pub label: String,
    /// The task it runs.
    pub task: String,
}

/// Where a log line comes from. It is kept apart from the text, so that a guest cannot forge a
/// line of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// The guest's standard output.
    Stdout,
    /// The guest's standard error.
    Stderr,
    /// `logging.log` at level debug.
    Debug,
    /// `logging.log` at level info.
    Info,
    /// `logging.log` at level warning.
    Warning,
    /// `logging.log` at level error.
    Error,
    /// Stepwell itself.
    Host,
}

impl From<Stream> for LineKind {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Stdout => Self::Stdout,
            Stream::Stderr => Self::Stderr,
        }
    }
}

/// Whether an issue is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueSeverity {
    /// A warning.
    Warning,
    /// An error.
    Error,
}

/// A problem that a step reported (`task.logissue`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Issue {
    /// Whether it is an error.
    pub severity: IssueSeverity,
    /// What is wrong.
    pub message: String,
    /// The file, as the guest names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The rule or error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The record of a step that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepRecord {
    /// The result that counts for the job.
    pub result: StepResult,
    /// What the sandbox saw; `None` for a step that never began.
    pub outcome: Option<Outcome>,
    /// Why the step did not succeed, as one line for a person; `None` if it did.
    pub reason: Option<String>,
    /// What it used.
    pub usage: Usage,
    /// Errors reported, also those over the stored ten.
    pub errors: u32,
    /// Warnings reported, also those over the stored ten.
    pub warnings: u32,
    /// What the guest was refused.
    pub denials: Vec<Denial>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_one_flat_object_and_reads_back() {
        let envelope = Envelope {
            v: FORMAT_VERSION,
            run: RunId::from_parts(1, 2),
            seq: 3,
            time_ms: 4,
            event: RunEvent::Line {
                job: "scan".into(),
                step: 0,
                source: LineKind::Stdout,
                text: "hello".into(),
            },
        };
        let json = serde_json::to_string(&envelope).unwrap();
        assert_eq!(
            json,
            r#"{"v":1,"run":"run_00000000010000000000000002","seq":3,"time-ms":4,"type":"line","job":"scan","step":0,"source":"stdout","text":"hello"}"#
        );
        assert_eq!(serde_json::from_str::<Envelope>(&json).unwrap(), envelope);
    }
}
