//! How a step is told to end: first asked, then stopped.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;
use wasmtime_wasi::p2::Pollable;

const ASKED: u8 = 1;
const STOPPED: u8 = 2;

/// Asks one step to end, or stops it. Clones speak to the same step.
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// 0 while nobody asked; only ever grows.
    phase: AtomicU8,
    /// Whether the guest has subscribed: only such a guest gets a grace.
    listening: AtomicBool,
    changed: Notify,
    /// When the step will be stopped, as far as it is known.
    ends_at: Mutex<Option<Instant>>,
}

impl StopHandle {
    /// Asks the step to end: a guest that listens gets its grace, any other is stopped.
    pub fn ask(&self) {
        self.advance(ASKED);
    }

    /// Stops the step without grace.
    pub fn stop(&self) {
        self.advance(STOPPED);
    }

    fn advance(&self, phase: u8) {
        self.0.phase.fetch_max(phase, Ordering::AcqRel);
        self.0.changed.notify_waiters();
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.phase.load(Ordering::Acquire) >= ASKED
    }

    pub(crate) fn set_end(&self, at: Option<Instant>) {
        *self
            .0
            .ends_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub(crate) fn ends_at(&self) -> Option<Instant> {
        *self
            .0
            .ends_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listen(&self) {
        self.0.listening.store(true, Ordering::Release);
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.0.listening.load(Ordering::Acquire)
    }

    /// Returns when the step was asked to end, or stopped.
    pub async fn asked(&self) {
        self.reached(ASKED).await;
    }

    /// Returns when the step was stopped.
    pub async fn stopped(&self) {
        self.reached(STOPPED).await;
    }

    async fn reached(&self, phase: u8) {
        loop {
            let changed = self.0.changed.notified();
            let mut changed = std::pin::pin!(changed);
            // Registered before the look, so that a change between the two is not missed.
            changed.as_mut().enable();
            if self.0.phase.load(Ordering::Acquire) >= phase {
                return;
            }
            changed.await;
        }
    }
}

/// The resource behind `cancellation.subscribe`.
pub(crate) struct StopRequested(pub(crate) StopHandle);

#[wasmtime_wasi::async_trait]
impl Pollable for StopRequested {
    async fn ready(&mut self) {
        self.0.asked().await;
    }
}
