//! What crosses the wall of the sandbox: a [`StepRequest`] goes in, [`GuestEvent`]s and one
//! [`StepReport`] come out. All of it is plain serialisable data, so that a step can run in this
//! process or in a worker.

use crate::{Denial, Digest, Grants, Limits, Outcome, Publish, StepResult, Usage, WorkspaceGrant};
use serde::{Deserialize, Serialize};

/// All that the sandbox is told about one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepRequest {
    /// The component to run.
    pub component: Digest,
    /// How it is entered.
    pub entry: Entry,
    /// The whole environment of the guest, in order; names are unique.
    pub env: Vec<(String, String)>,
    /// The directory that the guest sees as its root, if any.
    pub workspace: Option<WorkspaceGrant>,
    /// What else it may do.
    #[serde(default)]
    pub grants: Grants,
    /// What it may use.
    pub limits: Limits,
}

/// How a component is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entry {
    /// `run` of a component of world `stepwell:task/task`.
    Task {
        /// Input names and values; names are unique.
        inputs: Vec<(String, String)>,
    },
    /// `wasi:cli/run` of a plain command.
    Command {
        /// The arguments after the program's name.
        args: Vec<String>,
    },
    /// An export of a component of `stepwell:bisect`.
    Bisect(Box<crate::Question>),
}

/// Access to the workspace.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// The guest sees no file at all.
    #[default]
    None,
    /// Read files and list directories.
    Read,
    /// Also create, change and remove them.
    Write,
}

impl Access {
    /// The word of the pipeline file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Which output stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How loud a log message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the author of the task.
    Debug,
    /// For the reader of the log.
    Info,
    /// Something is off; nothing is counted.
    Warning,
    /// Something is wrong; nothing is counted.
    Error,
}

/// Something that a guest did while it ran. Every text in it is hostile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum GuestEvent {
    /// Bytes written to a stream, cut anywhere.
    Output {
        /// The stream.
        stream: Stream,
        /// The bytes; not necessarily UTF-8.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// The step's log budget is spent; further output is dropped and counted.
    OutputTruncated {
        /// The budget in bytes.
        limit: u64,
    },
    /// `logging.log`.
    Log {
        /// The level.
        level: LogLevel,
        /// The message, which may hold several lines.
        message: String,
    },
    /// `logging.issue`: a problem to count and to show.
    Issue(crate::Issue),
    /// `logging.progress`.
    Progress {
        /// 0 to 100.
        percent: u8,
        /// What is being done.
        message: String,
    },
    /// `outputs.set-variable` and `outputs.set-output`.
    SetVariable {
        /// The name.
        name: String,
        /// The value.
        value: String,
        /// Mask the value from now on.
        secret: bool,
        /// An output variable: later steps read it as `$(step.name)`.
        output: bool,
        /// Later changes are an error.
        read_only: bool,
    },
    /// `outputs.add-secret`: mask this text from now on.
    AddSecret {
        /// The text.
        value: String,
    },
    /// `logging.complete`: report a result besides the exit code.
    Complete {
        /// The result.
        result: StepResult,
        /// Why.
        message: String,
    },
    /// `publishing`: files, results, tags.
    Publish {
        /// What.
        publish: Publish,
    },
    /// The guest was refused something.
    Denied(Denial),
}

impl GuestEvent {
    /// Whether the guest waits for an answer to it.
    #[must_use]
    pub fn is_question(&self) -> bool {
        matches!(
            self,
            Self::SetVariable { .. } | Self::AddSecret { .. } | Self::Publish { .. }
        )
    }
}

/// Why the host did not do what a guest asked for. It is the ordinary error of that call for the
/// guest, never a trap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "message", rename_all = "kebab-case")]
pub enum Refusal {
    /// The variable's name is no name.
    InvalidName(String),
    /// The variable is read-only.
    ReadOnly(String),
    /// The secret cannot be masked.
    Unmaskable(String),
    /// Too many variables, or too large ones.
    TooLarge(String),
    /// The pipeline does not let the step do this.
    Denied(String),
}

/// How a step ended and what it used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepReport {
    /// How it ended.
    pub outcome: Outcome,
    /// What it used.
    pub usage: Usage,
    /// Whether the guest tried to read standard input, which is always closed.
    pub read_stdin: bool,
    /// The guest's memory and stack when it trapped, as a WebAssembly core dump; only if the sandbox
    /// was told to keep them.
    #[serde(default, with = "serde_bytes", skip_serializing_if = "Option::is_none")]
    pub core_dump: Option<Vec<u8>>,
    /// The answer to [`Entry::Bisect`], if there is one: the outcome is `succeeded` then, whatever the
    /// answer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Box<crate::Reply>>,
}

impl StepReport {
    /// The report of a step that did not run because of the host.
    #[must_use]
    pub fn host_failed(message: impl Into<String>) -> Self {
        Self::without_guest(Outcome::HostFailed {
            message: message.into(),
        })
    }

    /// The report of a step in which no guest ran to an end.
    #[must_use]
    pub fn without_guest(outcome: Outcome) -> Self {
        Self {
            outcome,
            usage: Usage::default(),
            read_stdin: false,
            core_dump: None,
            reply: None,
        }
    }
}

/// What a task says of itself (`describe` of world `stepwell:task/task`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Description {
    /// The task's name.
    pub name: String,
    /// The task's version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// The inputs it takes, in the order of declaration.
    pub inputs: Vec<InputSpec>,
    /// The output variables it sets.
    pub outputs: Vec<OutputSpec>,
    /// The access that it needs.
    pub capabilities: Vec<Capability>,
}

/// The type of an input. Values travel as text; the type says which texts are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputType {
    /// Any text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A decimal number.
    Number,
    /// A path relative to the workspace.
    Path,
    /// Lines of text, one item each.
    List,
}

impl InputType {
    /// The word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Path => "path",
            Self::List => "list",
        }
    }
}

/// A declared input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InputSpec {
    /// The name, kebab-case.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: InputType,
    /// Whether a step must give it.
    pub required: bool,
    /// The value when a step does not give it.
    pub default: Option<String>,
    /// The allowed values; empty means any of the type.
    pub values: Vec<String>,
    /// One sentence for people.
    pub help: String,
}

/// A declared output variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OutputSpec {
    /// The name.
    pub name: String,
    /// One sentence for people.
    pub help: String,
}

/// Access that a task asks for. It gets what the pipeline grants, never more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum Capability {
    /// The workspace, with this access at least.
    Workspace(Access),
    /// Outbound HTTP to this host.
    Host(String),
    /// This environment variable.
    Env(String),
    /// This secret.
    Secret(String),
}
