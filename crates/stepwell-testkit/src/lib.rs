//! Builds guests and gives tests an environment of their own.
//!
//! Guests are built on demand, once per process, by one function that `xtask` and the tests share;
//! no `.wasm` is committed.

mod environment;
pub mod guests;
mod history;
mod process;

pub use environment::TestEnv;
pub use history::{History, git};
pub use process::{Descendant, Output, Process, Signal};
