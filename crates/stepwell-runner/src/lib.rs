//! Drives the engine: plan, sandbox and journal make a run.
//!
//! The engine decides and never acts; this crate acts and never decides. [`run`] feeds a run
//! machine and starts a driver for each job; a job's driver feeds its job machine and runs one step
//! after the other, in place, so that a step costs no wake-up of another thread. Every event goes
//! through the [`Recorder`], which gives it its place in the run and hands it to the journal and
//! to whoever watches.
//!
//! Guests run on a runtime of their own. They never share one with the journal, the signals and
//! the views, since a guest may keep its thread busy for a tick at a time.

mod collect;
mod job;
mod keeping;
mod opening;
mod recorder;
mod run;
mod step;
mod timer;

pub use collect::Collector;
pub use keeping::{Keep, MAX_CORE_DUMP, MAX_CORE_DUMPS};
pub use opening::{Beginning, OpeningError, open};
pub use recorder::{Recorder, Watch, now_ms};
pub use run::{CancelLevel, Run, RunError, run};
pub use step::{SandboxSteps, StepRunner};
pub use stepwell_engine::StartVariable;
