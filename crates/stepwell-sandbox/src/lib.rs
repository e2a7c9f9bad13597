//! Runs one step as a WebAssembly component in a fresh instance.
//!
//! This is the only crate that names Wasmtime, and it knows nothing of pipelines. A [`Sandbox`]
//! holds one engine; [`Sandbox::load`] turns bytes into a [`Component`] once per digest, and
//! [`Sandbox::run`] gives every step a store and an instance of its own, which is dropped
//! whatever happens. What goes in is a [`StepRequest`](stepwell_event::StepRequest), what comes
//! out are [`GuestEvent`](stepwell_event::GuestEvent)s for a [`StepSink`] and one
//! [`StepReport`](stepwell_event::StepReport): plain data, so that a worker process can stand in
//! for this crate.
//!
//! Where things live:
//!
//! - `profile`: the engine's configuration, every proposal and every number in one place.
//! - `shape`, `compile`: what a file is, the streaming check before it is compiled, and compiling.
//! - `code`, `cache`: compiled code, on disk too, and why it may be trusted.
//! - `load`, `signature`: from code to a component that can be instantiated.
//! - `state`, `host`, `output`, `filesystem`, `network`, `limit`: what a guest can reach, and how
//!   much of it.
//! - `bisect`: components that take part in the search for a culprit, and what they answer.
//! - `scratch`: a private folder for one step, and its removal.
//! - `clock`, `random`, `pace`: the time and the random bytes that a guest sees, and how often it
//!   may call.
//! - `run`, `stop`, `meter`: one step, its deadline and its CPU time.
//! - `outcome`, `lines`, `dump`: from Wasmtime's errors to a typed outcome, and what helps to find
//!   the cause.

mod adapter;
mod bindings;
mod bisect;
mod cache;
mod clock;
mod code;
mod compile;
mod description;
mod dump;
mod error;
mod filesystem;
mod host;
mod limit;
mod lines;
mod load;
mod meter;
mod network;
mod outcome;
mod output;
mod pace;
mod profile;
mod random;
mod run;
mod scratch;
mod shape;
mod signature;
mod state;
mod stop;

pub use bisect::{check_call, check_reply};
pub use cache::CodeCache;
pub use code::{Code, Loaded, load};
pub use compile::{Compiled, Compiler, InThisProcess, Metering};
pub use error::{LoadError, LoadErrorKind, SandboxError};
pub use load::{Component, Sandbox, SandboxConfig};
pub use network::{Dial, DialError, Dialed, DirectDial, NoNetwork, Trust, TrustError};
pub use run::{Answer, StepSink};
pub use scratch::remove_folder;
pub use stop::StopHandle;
