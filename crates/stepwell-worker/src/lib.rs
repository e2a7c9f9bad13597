//! The second wall: processes without rights that compile tasks and run steps.
//!
//! WebAssembly is the first wall. Should a guest get through it, it finds itself in a process that has
//! no environment, no descriptors but its standard streams and the channel, no files but its
//! workspace, no network, no way to start a program or to reach another process, and limits on
//! memory, files and time: a [`Role`] of this very program, started with an empty environment.
//!
//! What crosses the wall is plain data ([`StepRequest`](stepwell_event::StepRequest) in,
//! [`GuestEvent`](stepwell_event::GuestEvent)s and one report out), so [`Workers`] run a step as the
//! sandbox in this process would. The host believes a worker nothing that a guest could not say: what
//! is no message, or not plausible, ends the worker, and the step is
//! [lost](stepwell_event::Outcome::Lost).
//!
//! Where things live:
//!
//! - `role`, `worker`, `compiler`, `probe`: what runs in the processes without rights.
//! - `walls`, `system_call`, `reach`: what such a process takes from itself, and what it keeps.
//! - `message`, `frame`, `channel`, `outbox`: what is said, and how it becomes bytes.
//! - `process`, `nursery`, `folder`: starting, killing and burying.
//! - `pool`, `conversation`, `jail`: the host's side of running a step and of compiling.

mod channel;
mod compiler;
mod conversation;
mod folder;
mod frame;
mod jail;
mod message;
mod nursery;
mod outbox;
mod pool;
mod probe;
mod process;
mod reach;
mod role;
mod system_call;
mod walls;
mod worker;

pub use jail::{CompileLimits, Jail};
pub use pool::{Job, Scope, Workers, WorkersConfig};
pub use probe::{Attempt, Probe, probe};
pub use role::{Role, role};
pub use walls::Walls;
