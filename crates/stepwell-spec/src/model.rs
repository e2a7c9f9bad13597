//! What a pipeline file says, with the place of everything that a later stage may object to.
//!
//! In an intact pipeline names are well-formed and unique, quantities are within their bounds, and
//! defaults that depend on nothing else are filled in. Whether tasks and jobs that are named exist is
//! not known yet.
//!
//! A pipeline that is not intact holds what could be read, so that the next stage can tell what else
//! is wrong. Where something missing would lead it astray, the model says that it is missing.

use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;
use stepwell_event::{Access, Finite, HttpRule, LimitKind, NoiseModel, Person};
use stepwell_expr::Expression;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Byte range into the text.
    pub span: Range<usize>,
}

impl<T> Spanned<T> {
    /// `value`, which stands at `span`.
    pub fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

/// The name of the stage of a pipeline that declares none.
pub const DEFAULT_STAGE: &str = "__default";

/// A pipeline file with its templates expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The pipeline's name.
    pub name: String,
    /// The format of its run numbers, where it gives one; at most 255 characters, empty if the number
    /// is the identifier of the run.
    pub run_number: Option<Spanned<String>>,
    /// Its parameters with the values that they have, as text; tables and arrays as JSON.
    pub parameters: Vec<(String, String)>,
    /// Its variables; names are unique without regard to case, and none is one of the system.
    pub variables: Vec<Variable>,
    /// The tasks that it declares, in the order of the file.
    pub tasks: Vec<Task>,
    /// Its stages in the order of the file; at least one. Without declared stages it is the one of
    /// the name [`DEFAULT_STAGE`].
    pub stages: Vec<Stage>,
    /// Its jobs in the order of the file; at least one if it is intact.
    pub jobs: Vec<Job>,
    /// The components that take part in searches for a culprit, in the order of the file. Names of one
    /// kind are unique without regard to case.
    pub parts: Vec<Part>,
    /// How a culprit is searched for.
    pub bisect: Bisect,
    /// When a branch is looked at.
    pub schedule: Option<Schedule>,
    /// The steps that run once for each new good version, without those that are not enabled.
    pub publish: Vec<Step>,
    /// What is done about what is seen of a branch.
    pub watch: Watch,
    /// Whether nothing was wrong with the file.
    pub intact: bool,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: Spanned<String>,
    /// The value.
    pub value: Spanned<VariableValue>,
    /// Whether changing it by command is an error.
    pub read_only: bool,
}

/// The value of a variable as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableValue {
    /// A text, which may hold `$(x)`.
    Text(String),
    /// `$[ … ]`: evaluated when the run, the stage or the job starts.
    Expression(Expression),
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The stage's name, unique without regard to case.
    pub name: Spanned<String>,
    /// What a person calls it.
    pub display_name: Option<String>,
    /// The names of the stages that it waits for, as written; `None` is the stage before it.
    pub depends_on: Option<Vec<Spanned<String>>>,
    /// When it runs.
    pub condition: Expression,
    /// The variables of its jobs.
    pub variables: Vec<Variable>,
}

/// A name with a text: a variable, an input, or an entry of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: Spanned<String>,
    /// The text, which may hold `$(x)`.
    pub value: Spanned<String>,
}

/// A declared task: where it comes from and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The name by which steps call it.
    pub name: Spanned<String>,
    /// A path relative to the pipeline file; `None` is the built-in task of this name.
    pub source: Option<Spanned<String>>,
    /// What it may do.
    pub allow: Allow,
    /// What it may use.
    pub limits: Limits,
    /// Whether its source and what it may do are known. If not, that was reported.
    pub intact: bool,
}

/// What a pipeline allows a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    /// Access to the workspace; `None` where nothing is said.
    pub workspace: Option<Spanned<Access>>,
    /// Folders of the workspace with more access than what they lie in: paths with `/` between names,
    /// without `.` and `..`, each once.
    pub folders: Vec<Spanned<(String, Access)>>,
    /// Bytes of an empty folder of the step's own.
    pub scratch: Option<Spanned<u64>>,
    /// Patterns of the variables in the environment; `None` is all that are not secret.
    pub env: Option<Vec<Spanned<String>>>,
    /// The names of the secret variables that the task may ask for, each once.
    pub secrets: Vec<Spanned<String>>,
    /// The requests that it may send. Values of headers may hold `${secret:NAME}`.
    pub hosts: Vec<Spanned<HttpRule>>,
    /// The time that it sees.
    pub clock: Clock,
    /// The random bytes that it gets.
    pub random: Random,
}

/// The time that a pipeline lets a task see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clock {
    /// The host's.
    #[default]
    Real,
    /// The moment at which the run started.
    FrozenAtStart,
    /// Always this one, in milliseconds since 1970.
    FrozenAt(u64),
}

/// The random bytes that a pipeline lets a task have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Random {
    /// The system's.
    #[default]
    Real,
    /// The same for every run.
    Seeded,
}

/// The limits that a pipeline sets for a task, each at most once and within the table's range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    pub(crate) set: Vec<(LimitKind, Spanned<u64>)>,
}

impl Limits {
    /// The value that the pipeline sets, if it does.
    #[must_use]
    pub fn get(&self, kind: LimitKind) -> Option<&Spanned<u64>> {
        let mut set = self.set.iter();
        set.find(|(known, _)| *known == kind)
            .map(|(_, value)| value)
    }
}

/// What a component of `stepwell:bisect` is declared to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// Judges versions.
    Oracle,
    /// Chooses the versions that are judged.
    Strategist,
    /// Tells people of culprits.
    Notifier,
    /// Publishes good versions.
    Publisher,
}

impl PartKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Oracle,
        Self::Strategist,
        Self::Notifier,
        Self::Publisher,
    ];

    /// The word for one.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oracle => "oracle",
            Self::Strategist => "strategist",
            Self::Notifier => "notifier",
            Self::Publisher => "publisher",
        }
    }

    /// The word for one with its article.
    #[must_use]
    pub fn article(self) -> &'static str {
        match self {
            Self::Oracle => "an oracle",
            Self::Strategist => "a strategist",
            Self::Notifier => "a notifier",
            Self::Publisher => "a publisher",
        }
    }

    /// The table in which they are declared.
    #[must_use]
    pub fn section(self) -> &'static str {
        match self {
            Self::Oracle => "oracles",
            Self::Strategist => "strategists",
            Self::Notifier => "notifiers",
            Self::Publisher => "publishers",
        }
    }
}

/// A declared component of `stepwell:bisect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is to be.
    pub kind: PartKind,
    /// The name by which it is called.
    pub name: Spanned<String>,
    /// Where it comes from; `None` is the built-in one of its name.
    pub source: Option<Spanned<PartSource>>,
    /// What it is told: the text of a JSON object.
    pub config: String,
    /// What it may do. The workspace is what it is asked about, and is never written; that of a notifier
    /// is a folder of its own; there are neither
    /// folders nor variables.
    pub allow: Allow,
    /// What it may use at one question.
    pub limits: Limits,
    /// How long one answer may take, as written; zero is no limit.
    pub timeout: Option<Spanned<Duration>>,
    /// Whether its source and what it may do are known. If not, that was reported.
    pub intact: bool,
}

/// Where a component comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartSource {
    /// The built-in one of this name.
    BuiltIn(String),
    /// A path relative to the pipeline file.
    File(String),
}

/// How a culprit is searched for; `None` is left to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bisect {
    /// Who judges: a declared oracle or a built-in one.
    pub oracle: Option<Spanned<String>>,
    /// Who chooses: a declared strategist or a built-in one.
    pub strategist: Option<Spanned<String>>,
    /// How many versions are judged side by side.
    pub jobs: Option<NonZeroU32>,
    /// How sure the conclusion has to be, between 0.5 and 1.
    pub confidence: Option<Finite>,
    /// How far one trial is trusted.
    pub noise: Option<NoiseModel>,
}

/// When a branch is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub times: Times,
    /// Which branch; `None` is the one that is checked out.
    pub branch: Option<String>,
}

/// Times that come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Times {
    /// Five fields of a crontab or one of its words, in UTC.
    Cron(String),
    /// Again and again after this time, which is a minute at least.
    Every(Duration),
}

/// What is done about what is seen of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// A revision that is taken to be good until one was found good.
    pub base: Option<Spanned<String>>,
    /// Authors that are not told themselves: addresses, and ends of addresses that begin with `@`.
    pub exclude: Vec<String>,
    /// Culprits that people are told of within a day.
    pub max_per_day: Option<u32>,
    /// Who is told of a culprit whose author cannot be.
    pub default_recipient: Option<Person>,
    /// The notifiers that are asked, all of them declared; `None` is all.
    pub notify: Option<Vec<Spanned<String>>>,
    /// The publishers that are asked, all of them declared; `None` is all.
    pub publish: Option<Vec<Spanned<String>>>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job's name, unique in its stage without regard to case.
    pub name: Spanned<String>,
    /// What a person calls it.
    pub display_name: Option<String>,
    /// The stage that it is part of, as written; `None` in an intact pipeline is the one of a pipeline
    /// that declares none.
    pub stage: Option<Spanned<String>>,
    /// The names of the jobs of the same stage that it waits for, as written.
    pub depends_on: Vec<Spanned<String>>,
    /// When it runs.
    pub condition: Expression,
    /// A failure of it counts as succeeded with issues for those that depend on it.
    pub continue_on_error: bool,
    /// Wall-clock limit as written; zero is no limit.
    pub timeout: Option<Spanned<Duration>>,
    /// Fuel of all its steps together.
    pub fuel: Option<Spanned<u64>>,
    /// How long it may go on once it was asked to end.
    pub cancel_timeout: Duration,
    /// What the agent must be able to do.
    pub demands: Vec<Spanned<Demand>>,
    /// How many times it runs.
    pub strategy: Strategy,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// Its steps in order, without those that are not enabled. There is none in an intact pipeline
    /// only if none is enabled.
    pub steps: Vec<Step>,
}

/// What an agent must be able to do: have a capability, or have it with this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The capability; case does not matter.
    pub name: String,
    /// The value that it must have; case does not matter.
    pub value: Option<String>,
    /// Whether the value is a version, and a later one will do too.
    pub at_least: bool,
}

/// How many times a job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// Once.
    Single,
    /// Once for each leg.
    Matrix {
        /// The legs; at least one and at most [`MAX_LEGS`](crate::name::MAX_LEGS) if they are known.
        legs: Legs,
        /// How many of them run side by side at most.
        max_parallel: Option<NonZeroU32>,
    },
    /// This many times, with the same variables: from 2 to [`MAX_LEGS`](crate::name::MAX_LEGS).
    Slices(NonZeroU32),
}

/// The legs of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Legs {
    /// Known.
    Listed(Vec<Leg>),
    /// `$[ … ]`: known when the job starts.
    Computed(Spanned<Expression>),
}

/// One leg of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The leg's name, unique in its job without regard to case; `Job<n>` where what is written is no
    /// name.
    pub name: Spanned<String>,
    /// Its variables; names are unique without regard to case.
    pub variables: Vec<Pair>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The name by which other steps address its outputs, unique in its job without regard to case.
    pub name: Option<String>,
    /// What a person calls it.
    pub display_name: Option<String>,
    /// The task that it runs.
    pub task: Spanned<String>,
    /// What the task is given.
    pub arguments: Arguments,
    /// Whether these are all that the step gives. If not, that was reported.
    pub intact: bool,
    /// The environment of the guest.
    pub env: Vec<Pair>,
    /// When it runs.
    pub condition: Expression,
    /// Wall-clock limit as written; zero is no limit.
    pub timeout: Option<Spanned<Duration>>,
    /// Fuel, where it is less than its task may use.
    pub fuel: Option<Spanned<u64>>,
    /// A failure counts as succeeded with issues.
    pub continue_on_error: bool,
    /// How many times it is run again after a failure; at most 10.
    pub retries: u8,
    /// Which logging commands its output may hold; `None` is what fits its task.
    pub commands: Option<Commands>,
    /// Globs of the variables that it may set; `None` is all.
    pub settable_variables: Option<Vec<String>>,
}

/// Which logging commands the output of a step may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Commands {
    /// All.
    Any,
    /// Those that concern nothing but the step itself, as Azure's restricted mode has it.
    Restricted,
    /// None: they are printed as they are.
    None,
}

/// What a step gives to its task. Which of them the task takes is known once it is resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Arguments {
    /// Nothing.
    #[default]
    None,
    /// Inputs for a typed task; the span is that of the key `inputs`.
    Inputs(Spanned<Vec<Pair>>),
    /// Arguments for a plain command; the span is that of the key `args`.
    Args(Spanned<Vec<String>>),
}
