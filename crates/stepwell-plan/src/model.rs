//! The plan: what will run, in which order, with which access. Immutable once made.

use crate::{Ceilings, RunNumberFormat};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{Access, Digest, HttpRule, Limits};
use stepwell_expr::Expression;
use stepwell_spec::{Clock, Commands, Random, VariableValue, pattern};

/// A pipeline that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The pipeline's name.
    pub name: String,
    /// How its runs are numbered.
    pub run_number: RunNumberFormat,
    /// The pipeline's variables with those of the command line on top, unexpanded, names unique
    /// without regard to case.
    pub variables: Vec<PlannedVariable>,
    /// The tasks that steps use, each once.
    pub tasks: Vec<PlannedTask>,
    /// The stages in the order of the file; at least one. Dependencies form no cycle.
    pub stages: Vec<PlannedStage>,
    /// The jobs in the order of the file. Dependencies form no cycle and stay within a stage.
    pub jobs: Vec<PlannedJob>,
    /// What the host allows at most; everything in the plan is within it.
    pub ceilings: Ceilings,
}

/// A variable that a run, a stage, a job or a leg starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedVariable {
    /// The name.
    pub name: String,
    /// The value.
    pub value: VariableValue,
    /// Whether changing it by command is an error.
    pub read_only: bool,
    /// Whether the value must not be seen.
    pub secret: bool,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStage {
    /// The stage's name; `__default` if the pipeline declares none.
    pub name: Arc<str>,
    /// What a person calls it; empty if the pipeline declares none.
    pub label: String,
    /// Positions in [`Plan::stages`] of the stages that it waits for.
    pub depends_on: Vec<usize>,
    /// When it runs.
    pub condition: Expression,
    /// The variables of its jobs, unexpanded.
    pub variables: Vec<PlannedVariable>,
    /// Positions in [`Plan::jobs`] of its jobs.
    pub jobs: Vec<usize>,
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

/// What a pipeline allows a task. The default allows nothing but to see the variables that are not
/// secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// Access to the workspace.
    pub workspace: Access,
    /// Folders of it with more access than what they lie in.
    pub folders: Vec<(String, Access)>,
    /// Bytes of an empty folder of the step's own.
    pub scratch: Option<u64>,
    /// Patterns of the variables in the environment; `None` is all that are not secret.
    pub env: Option<Vec<String>>,
    /// The secret variables that the task may ask for.
    pub secrets: Vec<String>,
    /// The requests that it may send. Values of headers may hold `${secret:NAME}`.
    pub http: Vec<HttpRule>,
    /// The time that it sees.
    pub clock: Clock,
    /// The random bytes that it gets.
    pub random: Random,
    /// What it may use; times are those of its steps.
    pub limits: Limits,
}

impl Grant {
    /// Whether a variable is in the environment that has this name there.
    #[must_use]
    pub fn shows(&self, name: &str) -> bool {
        self.env.as_ref().is_none_or(|patterns| {
            let mut patterns = patterns.iter();
            // As names of variables become names in an environment.
            patterns.any(|glob| pattern::matches(&glob.replace(['.', ' '], "_"), name))
        })
    }

    /// The most that the task may do anywhere in the workspace.
    #[must_use]
    pub fn widest_access(&self) -> Access {
        let folders = self.folders.iter().map(|(_, access)| *access);
        folders.fold(self.workspace, Ord::max)
    }

    /// The names of the secrets that a task with this grant needs, also those in headers.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        let headers = self.http.iter().flat_map(|rule| &rule.headers);
        let in_headers = headers.flat_map(|(_, value)| stepwell_spec::secret::names(value));
        self.secrets.iter().map(String::as_str).chain(in_headers)
    }
}

/// A job, which may run several times side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedJob {
    /// The job's name.
    pub name: Arc<str>,
    /// The identifier: the stage's name and the job's, or only the job's in the default stage.
    pub id: Arc<str>,
    /// What a person calls it.
    pub label: String,
    /// Position of its stage in [`Plan::stages`].
    pub stage: usize,
    /// Positions in [`Plan::jobs`] of the jobs that it waits for.
    pub depends_on: Vec<usize>,
    /// When it runs.
    pub condition: Expression,
    /// A failure counts as succeeded with issues for those that depend on it.
    pub continue_on_error: bool,
    /// Wall-clock limit; `None` is no limit.
    pub timeout: Option<Duration>,
    /// Fuel of all its steps together; `None` is no budget.
    pub fuel: Option<u64>,
    /// How long it may go on once it was asked to end.
    pub cancel_timeout: Duration,
    /// The demand that no agent meets, as written; the job fails because of it.
    pub unmet_demand: Option<String>,
    /// How many times it runs.
    pub strategy: PlannedStrategy,
    /// Its variables, unexpanded.
    pub variables: Vec<PlannedVariable>,
    /// Its steps in order.
    pub steps: Vec<PlannedStep>,
}

/// How many times a job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedStrategy {
    /// Once.
    Single,
    /// Once for each leg; at least one.
    Matrix {
        /// The legs.
        legs: Vec<PlannedLeg>,
        /// How many of them run side by side at most.
        max_parallel: Option<NonZeroU32>,
    },
    /// Once for each leg of the matrix that the expression gives when the job starts.
    ComputedMatrix {
        /// What gives the legs: a table of tables, or a text that holds one as JSON.
        legs: Expression,
        /// How many of them run side by side at most.
        max_parallel: Option<NonZeroU32>,
    },
    /// This many times, two at least.
    Slices(NonZeroU32),
}

/// One leg of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLeg {
    /// The leg's name: legal, and unique in its job without regard to case.
    pub name: Arc<str>,
    /// Its variables.
    pub variables: Vec<(String, String)>,
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
    pub condition: Expression,
    /// Wall-clock limit; `None` is no limit.
    pub timeout: Option<Duration>,
    /// Its fuel, where that is less than its task may use.
    pub fuel: Option<u64>,
    /// A failure counts as succeeded with issues.
    pub continue_on_error: bool,
    /// How many times it is run again after a failure; at most 10.
    pub retries: u8,
    /// Which logging commands its output may hold.
    pub commands: Commands,
    /// Globs of the variables that it may set; `None` is all.
    pub settable_variables: Option<Vec<String>>,
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
