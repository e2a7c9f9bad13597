//! What the two processes say to one another.
//!
//! The worker is not trusted: it runs the guest, and whoever broke out of the guest speaks in its
//! place. So [`ToHost`] says nothing that a guest could not bring about anyway, and whatever is not
//! one of its messages ends the worker.

use crate::reach::Reach;
use crate::walls::Walls;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use stepwell_event::{Digest, GuestEvent, HostAnswer, HostCall, Refusal, StepReport, StepRequest};
use stepwell_sandbox::{DialError, LoadError, Metering};

/// Bytes of a message to the host. The largest that a guest can cause is a report with its core
/// dump.
pub(crate) const MOST_TO_HOST: usize = 512 << 20;

/// Bytes of a message to a worker.
pub(crate) const MOST_TO_WORKER: usize = 64 << 20;

/// Bytes of a message to a compiler: the largest file that the sandbox takes, and a little.
pub(crate) const MOST_TO_COMPILER: usize = 101 << 20;

/// Bytes of a compiler's answer. Code is about three times as large as the file.
pub(crate) const MOST_FROM_COMPILER: usize = 256 << 20;

/// From the host to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// The first message: what its steps will need, beyond which walls are raised.
    Assign(Assignment),
    /// Compiled code; its file descriptor comes along.
    Load {
        /// The component.
        digest: Digest,
        /// Whether it counts its work.
        metering: Metering,
    },
    /// Run a step.
    Run(Box<StepRequest>),
    /// Ask the step to end.
    Ask,
    /// Stop the step.
    Stop,
    /// The answer to the guest's question.
    Answer(Result<(), Refusal>),
    /// What came of the guest's call.
    Answered(HostAnswer),
    /// The end of an attempt to connect; the file descriptor comes along if there is one.
    Dialed {
        /// Which attempt.
        attempt: u32,
        /// How it ended.
        result: Result<(), DialError>,
    },
}

/// What a worker is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// What its steps may reach.
    pub(crate) reach: Reach,
    /// Where its steps have their temporary files.
    pub(crate) scratch: Option<PathBuf>,
    /// A folder that no guest may enter.
    pub(crate) private: Option<PathBuf>,
    /// Whether a trap's core dump is kept.
    pub(crate) core_dumps: bool,
}

/// From a worker to the host.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToHost {
    /// The answer to [`ToWorker::Assign`].
    Ready(Walls),
    /// The guest did something.
    Event(GuestEvent),
    /// The guest wants to connect.
    Dial {
        /// A number for the answer.
        attempt: u32,
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// The guest asks its host to do something. The next call comes after the answer.
    Call(HostCall),
    /// The step has ended.
    Report(Box<StepReport>),
    /// The worker cannot do what it is there for.
    Broken(String),
}

/// From the host to a compiler: this, and then the bytes of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ToCompiler {
    /// Whether the code is to count its work.
    pub(crate) metering: Metering,
    /// The file.
    #[serde(with = "serde_bytes")]
    pub(crate) bytes: Vec<u8>,
    /// Bytes of memory that compiling may take.
    pub(crate) memory: u64,
    /// Seconds of CPU time that compiling may take.
    pub(crate) cpu_seconds: u64,
}

/// What a compiler answers.
pub(crate) type FromCompiler = Result<stepwell_sandbox::Compiled, LoadError>;
