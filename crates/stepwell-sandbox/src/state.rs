//! What one step's store holds.

use crate::filesystem::Files;
use crate::limit::Limiter;
use crate::load::Running;
use crate::network::Network;
use crate::pace::Pace;
use crate::run::{Answer, StepSink};
use crate::stop::StopHandle;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use stepwell_event::{Denial, GuestEvent, HostAnswer, HostCall, HostRefusal, Limits, Refusal};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The data of a step's store.
pub(crate) struct StepState {
    pub(crate) wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
    pub(crate) pace: Pace,
    /// Held while the step lives.
    pub(crate) _running: Running,
    pub(crate) link: Arc<Link>,
    pub(crate) inputs: Vec<(String, String)>,
    /// Those that are granted.
    pub(crate) secrets: Vec<(String, String)>,
    pub(crate) files: Files,
    /// Digests of the files that the guest kept, or was told of.
    pub(crate) evidence: BTreeSet<String>,
    pub(crate) network: Network,
    pub(crate) stop: StopHandle,
}

/// The way from the linker to the state: each call of a guest to `stepwell:task` comes by here once.
pub(crate) fn called(state: &mut StepState) -> &mut StepState {
    state.pace.call();
    state
}

impl WasiView for StepState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// The way from a guest to its sink, shared by the store and the standard streams.
pub(crate) struct Link {
    sink: Mutex<Box<dyn StepSink>>,
    output_limit: u64,
    output_written: AtomicU64,
    read_stdin: AtomicBool,
}

impl Link {
    pub(crate) fn new(sink: Box<dyn StepSink>, output_limit: u64) -> Self {
        Self {
            sink: Mutex::new(sink),
            output_limit,
            output_written: AtomicU64::new(0),
            read_stdin: AtomicBool::new(false),
        }
    }

    /// Hands an event to the sink and brings back its answer.
    pub(crate) async fn emit(&self, event: GuestEvent) -> Result<(), Refusal> {
        match self.hand_on(event) {
            Answer::Now(answer) => answer,
            Answer::Later(answer) => answer
                .await
                .unwrap_or_else(|_| Err(Refusal::Denied("the step is being stopped".to_owned()))),
        }
    }

    /// Hands on what the guest asks of its host, and waits for the answer.
    pub(crate) async fn call(&self, call: HostCall) -> HostAnswer {
        let answered = self
            .sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .call(call);
        answered.await.unwrap_or_else(|_| {
            HostAnswer::Refused(HostRefusal::Infrastructure(
                "the host gave no answer".to_owned(),
            ))
        })
    }

    /// Hands on an event that the guest gets no answer to.
    pub(crate) fn emit_unanswered(&self, event: GuestEvent) {
        if let Answer::Now(Err(refusal)) = self.hand_on(event) {
            tracing::debug!(?refusal, "the sink refused an event that has no answer");
        }
    }

    fn hand_on(&self, event: GuestEvent) -> Answer {
        self.sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .guest(event)
    }

    /// Tells of a denial once there is room: a guest that asks in a loop must not outrun the
    /// journal.
    pub(crate) async fn deny(&self, denial: Denial) {
        self.room().await;
        self.deny_at_once(denial);
    }

    /// Tells of a denial that a step has only a few of.
    pub(crate) fn deny_at_once(&self, denial: Denial) {
        self.emit_unanswered(GuestEvent::Denied(denial));
    }

    pub(crate) fn is_congested(&self) -> bool {
        self.sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .room()
            .is_some()
    }

    /// Waits until whoever takes the events has caught up.
    pub(crate) async fn room(&self) {
        let waiting = self
            .sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .room();
        if let Some(room) = waiting {
            room.await;
        }
    }

    /// Counts `len` bytes of output. Returns how many of them fit the budget, and the budget if
    /// this is the write that exceeds it.
    pub(crate) fn take_output(&self, len: usize) -> (usize, Option<u64>) {
        let len = len as u64;
        let before = self.output_written.fetch_add(len, Ordering::Relaxed);
        let accepted = self.output_limit.saturating_sub(before).min(len);
        let truncated =
            (accepted < len && before <= self.output_limit).then_some(self.output_limit);
        (usize::try_from(accepted).unwrap_or(usize::MAX), truncated)
    }

    /// Whether a message of `len` bytes is within the budget that it shares with the streams; the
    /// end of its line counts as well, so that empty messages are not free.
    pub(crate) fn affords(&self, len: usize) -> bool {
        let len = len.saturating_add(1);
        let (accepted, truncated) = self.take_output(len);
        if let Some(limit) = truncated {
            self.emit_unanswered(GuestEvent::OutputTruncated { limit });
        }
        accepted == len
    }

    /// Bytes written and bytes dropped.
    pub(crate) fn output_use(&self) -> (u64, u64) {
        let written = self.output_written.load(Ordering::Relaxed);
        (written, written.saturating_sub(self.output_limit))
    }

    pub(crate) fn note_read_of_stdin(&self) {
        self.read_stdin.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_read_stdin(&self) -> bool {
        self.read_stdin.load(Ordering::Relaxed)
    }
}
