//! What a guest had in memory when it trapped, for whoever looks for the cause.

use crate::meter::HostPanicked;
use crate::outcome;
use crate::run::{Interrupted, Returned};
use crate::state::{Link, StepState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use stepwell_event::{GuestEvent, Limits, LogLevel};
use wasmtime::{Store, WasmCoreDump};

/// Bytes of a core dump besides the guest's memory: its stack, its globals and what describes them.
const BESIDES_MEMORY: u64 = 64 << 20;

/// The name of the program in the dump. Wasmtime has a name for each module besides.
const PROGRAM: &str = "step";

/// The core dump of a guest that was interrupted, if its engine takes them.
pub(crate) fn take(
    ended: &Result<Result<Returned, Interrupted>, HostPanicked>,
    store: &mut Store<StepState>,
) -> Option<Vec<u8>> {
    let Ok(Err(interrupted)) = ended else {
        return None;
    };
    let dump = interrupted.error().downcast_ref::<WasmCoreDump>()?;
    // A format of many parts, written for a guest of any shape: a defect in it must cost the dump.
    let dump = catch_unwind(AssertUnwindSafe(|| dump.serialize(store, PROGRAM)));
    dump.ok()
}

/// A dump that is within its bounds. What takes its place otherwise is a line on the step's log.
pub(crate) fn bounded(dump: Vec<u8>, limits: &Limits, link: &Link) -> Option<Vec<u8>> {
    let most = limits.memory.saturating_add(BESIDES_MEMORY);
    if dump.len() as u64 <= most {
        return Some(dump);
    }
    link.emit_unanswered(GuestEvent::Log {
        level: LogLevel::Warning,
        message: outcome::shortened(format!(
            "the core dump was dropped: it has {} bytes, and {most} is the limit",
            dump.len()
        )),
    });
    None
}
