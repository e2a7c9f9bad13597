//! How steps, jobs and runs end.
//!
//! An [`Outcome`] is what the sandbox saw: one typed cause. A [`StepResult`] is what the pipeline
//! makes of it (`continue-on-error`, logging commands and cancellation included), in the words and
//! the order of Azure Pipelines (`TaskResult`: Succeeded 0, SucceededWithIssues 1, Failed 2,
//! Canceled 3, Skipped 4).

use crate::LimitKind;
use serde::{Deserialize, Serialize};

/// The result of a step or of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
    /// All went well.
    Succeeded,
    /// It did its work and reported problems on the way.
    SucceededWithIssues,
    /// It failed.
    Failed,
    /// It was asked to stop, or stopped.
    Canceled,
    /// Its condition was false, so it never began.
    Skipped,
}

/// The result of a run, named as `az pipelines runs` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunResult {
    /// Every job succeeded or was skipped.
    Succeeded,
    /// The worst job succeeded with issues.
    PartiallySucceeded,
    /// A job failed.
    Failed,
    /// The run was canceled.
    Canceled,
}

/// How one step ended, with its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Outcome {
    /// `run` returned without a failure, or the command exited with 0.
    Succeeded,
    /// A plain command exited with another code than 0.
    ExitCode {
        /// The code. WASI 0.2's `exit` can only say 1; `exit-with-code` keeps the number.
        code: i32,
    },
    /// The task returned a failure record.
    Failed {
        /// What went wrong, in the task's words.
        message: String,
        /// The exit code that the task asked for.
        code: i32,
        /// More lines for a reader, in the task's words.
        details: Option<String>,
    },
    /// The guest trapped.
    Trapped {
        /// Which trap.
        trap: TrapKind,
        /// The guest's call stack, innermost first.
        backtrace: Vec<Frame>,
    },
    /// The wall clock ran out and the step was stopped.
    TimedOut {
        /// The step's timeout in milliseconds.
        limit_ms: u64,
    },
    /// A limit was reached and the step could not go on.
    LimitExceeded {
        /// Which limit.
        limit: LimitKind,
        /// Its value, in the limit's own unit (bytes or a count).
        value: u64,
        /// What was used or asked for when it was reached, in the same unit.
        used: u64,
    },
    /// The step was stopped because its run was canceled.
    Canceled {
        /// Whether the guest ended by itself within the grace.
        graceful: bool,
    },
    /// The component cannot run: it does not fit what the host offers.
    Unusable {
        /// Why, as a lowercase fragment.
        message: String,
    },
    /// The process that ran the step died; never blamed on the guest, and the step is run again.
    Lost {
        /// How it died.
        cause: LostCause,
        /// What is known of it, as a lowercase fragment.
        message: String,
    },
    /// Stepwell itself failed; never the guest's fault.
    HostFailed {
        /// Why, as a lowercase fragment.
        message: String,
    },
}

impl Outcome {
    /// Whether the guest did what it was asked to.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded)
    }

    /// The outcome's stable name, as in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::ExitCode { .. } => "exit-code",
            Self::Failed { .. } => "failed",
            Self::Trapped { .. } => "trapped",
            Self::TimedOut { .. } => "timed-out",
            Self::LimitExceeded { .. } => "limit-exceeded",
            Self::Canceled { .. } => "canceled",
            Self::Unusable { .. } => "unusable",
            Self::Lost { .. } => "infra-lost",
            Self::HostFailed { .. } => "host-failed",
        }
    }
}

/// How a worker process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LostCause {
    /// It could not be started.
    NotStarted,
    /// It ended by a signal or an exit code of its own.
    Crashed,
    /// It needed more memory than the host gives a worker.
    OutOfMemory,
    /// It did not end in time, so the host killed it.
    Unresponsive,
}

/// Which trap ended a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrapKind {
    /// `unreachable` was executed: what a Rust panic or C `abort` compiles to.
    Unreachable,
    /// A load or store outside of the guest's memory.
    MemoryOutOfBounds,
    /// A table access out of bounds.
    TableOutOfBounds,
    /// A call through a table slot that is empty or of another type.
    BadIndirectCall,
    /// An integer division by zero.
    DivisionByZero,
    /// An integer operation whose result does not fit.
    IntegerOverflow,
    /// The guest's call stack is exhausted.
    StackOverflow,
    /// The guest broke the rules of a host call: a forged handle, a value that is not of its type.
    HostRefused,
    /// Any other trap.
    Other,
}

impl TrapKind {
    /// What happened, for a person.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Unreachable => "the guest aborted (panic or `unreachable`)",
            Self::MemoryOutOfBounds => "memory access out of bounds",
            Self::TableOutOfBounds => "table access out of bounds",
            Self::BadIndirectCall => "bad indirect call",
            Self::DivisionByZero => "integer division by zero",
            Self::IntegerOverflow => "integer overflow",
            Self::StackOverflow => "call stack exhausted",
            Self::HostRefused => "the guest broke the rules of a host call",
            Self::Other => "trap",
        }
    }
}

/// One frame of a guest's call stack. Everything in it comes from the guest: hostile text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Frame {
    /// The demangled function name, or `<wasm function N>`.
    pub function: String,
    /// Source file and line, where the guest carries debug information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// Something that the guest tried and was not allowed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Denial {
    /// The capability, such as `network` or `command`.
    pub capability: String,
    /// What it was tried on.
    pub target: String,
    /// The line of the pipeline file that would grant it, if one can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
}

/// What a step used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Usage {
    /// Wall time in microseconds, from the first host call to the end of the drop.
    pub wall_us: u64,
    /// CPU time of the step's own thread in microseconds.
    pub cpu_us: u64,
    /// The largest size of all linear memories together, in bytes.
    pub memory_peak: u64,
    /// Bytes written to standard output and standard error.
    pub output_bytes: u64,
    /// Bytes of output that were dropped because the step's log budget was spent.
    #[serde(default)]
    pub output_dropped: u64,
    /// Fuel used; `None` where the step ran without a budget, which is faster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Bytes written to files.
    #[serde(default)]
    pub written: u64,
    /// Files, folders and links created.
    #[serde(default)]
    pub files: u64,
    /// Requests sent by `wasi:http`.
    #[serde(default)]
    pub http_requests: u64,
}

impl Usage {
    /// Adds what an attempt before this one used: amounts add up, and of peaks the highest counts.
    pub fn charge(&mut self, before: &Self) {
        self.wall_us = self.wall_us.saturating_add(before.wall_us);
        self.cpu_us = self.cpu_us.saturating_add(before.cpu_us);
        self.memory_peak = self.memory_peak.max(before.memory_peak);
        self.output_bytes = self.output_bytes.saturating_add(before.output_bytes);
        self.output_dropped = self.output_dropped.saturating_add(before.output_dropped);
        self.fuel = match (self.fuel, before.fuel) {
            (Some(fuel), Some(before)) => Some(fuel.saturating_add(before)),
            (fuel, before) => fuel.or(before),
        };
        self.written = self.written.saturating_add(before.written);
        self.files = self.files.saturating_add(before.files);
        self.http_requests = self.http_requests.saturating_add(before.http_requests);
    }
}
