//! The plan: what will run, in which order, with which access. Immutable once made.

use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{Access, Digest};
use stepwell_spec::Condition;

/// A pipeline that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The pipeline's name.
    pub name: String,
    /// The pipeline's variables with those of the command line on top, unexpanded, names unique
    /// without regard to case.
    pub variables: Vec<(String, String)>,
    /// The tasks that steps use, each once.
    pub tasks: Vec<PlannedTask>,
    /// The jobs in the order of the file. Dependencies form no cycle.
    pub jobs: Vec<PlannedJob>,
}

/// A task with what the pipeline grants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTask {
    /// The name in the pipeline.
    pub name: String,
    /// The component.
    pub digest: Digest,
    /// What it may do.
    pub grant: Grant,
}

/// What a pipeline allows a task. The default allows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Access to the workspace.
    pub workspace: Access,
    /// Bytes of linear memory.
    pub memory: u64,
    /// Bytes of output per step.
    pub output: u64,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedJob {
    /// The job's name.
    pub name: Arc<str>,
    /// Positions in [`Plan::jobs`] of the jobs that it waits for.
    pub depends_on: Vec<usize>,
    /// When it runs.
    pub condition: Condition,
    /// Its steps in order; at least one.
    pub steps: Vec<PlannedStep>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStep {
    /// The name by which other steps address its outputs.
    pub name: Option<String>,
    /// What a person calls it.
    pub label: String,
    /// Position in [`Plan::tasks`].
    pub task: usize,
    /// How the task is entered; values may hold `$(x)`.
    pub invocation: Invocation,
    /// The environment of the guest; values may hold `$(x)`.
    pub env: Vec<(String, String)>,
    /// When it runs.
    pub condition: Condition,
    /// Wall-clock limit; `None` is no limit.
    pub timeout: Option<Duration>,
    /// A failure counts as succeeded with issues.
    pub continue_on_error: bool,
}

/// How a step's task is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// A task of world `stepwell:task/task`: declared inputs with a value, defaults filled in.
    Task {
        /// Names and values in the order of declaration.
        inputs: Vec<(String, String)>,
    },
    /// A plain command.
    Command {
        /// Arguments after the program's name.
        args: Vec<String>,
    },
}
