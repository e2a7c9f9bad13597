//! What stands between the threads that append and the task that writes.
//!
//! Appending is a lock, a push and, when the writer sleeps, one wake-up: the writer is on its way
//! already for everything that comes in while it gathers or commits.

use crate::weight::weight;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepwell_event::{Digest, Envelope, SearchId};
use tokio::sync::Notify;

/// How long the writer lets events gather, so that they share one commit. A commit costs some
/// hundred microseconds of CPU, most of it in the kernel's `fsync`; whoever waits cuts this short.
const GATHER: Duration = Duration::from_millis(20);

/// The weight at which it does not wait any longer.
const FULL_BATCH: usize = 1 << 20;

/// What is to become durable.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are events of runs, and a box for each would only cost time"
)]
pub(crate) enum Appended {
    /// An event of a run.
    Run(Envelope),
    /// An event of a search.
    Search(SearchRow),
    /// A verdict, as JSON.
    Verdict {
        /// What it is remembered by.
        key: Digest,
        /// When it was reached.
        time_ms: u64,
        /// The observation.
        body: String,
    },
}

/// An event of a search, as JSON.
#[derive(Debug)]
pub(crate) struct SearchRow {
    pub(crate) search: SearchId,
    pub(crate) seq: u64,
    pub(crate) time_ms: u64,
    pub(crate) body: String,
    /// Whether the search has ended with it; none if it is as it was.
    pub(crate) finished: Option<bool>,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    wake: Notify,
    /// Weight of all that is appended and not durable, also of what is being written.
    backlog: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    pending: Vec<Appended>,
    /// Weight of `pending`.
    weight: usize,
    /// What was appended since the journal was opened, also what was refused after the end.
    appended: u64,
    /// The writer sleeps until it is woken.
    idle: bool,
    /// The writer must not gather any longer.
    hurry: bool,
    /// Nobody appends any more; the writer ends when `pending` is empty.
    closing: bool,
    /// There is no writer any more.
    closed: bool,
}

/// What is committed together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) entries: Vec<Appended>,
    /// The count of what was appended up to the end of this batch.
    pub(crate) through: u64,
    weight: usize,
}

impl Queue {
    pub(crate) fn append(&self, entry: Appended) {
        let weight = weight(&entry);
        let mut state = self.lock();
        state.appended += 1;
        if state.closing || state.closed {
            return;
        }
        state.pending.push(entry);
        state.weight += weight;
        self.backlog.fetch_add(weight, Ordering::Relaxed);
        let full = state.weight >= FULL_BATCH && !state.hurry;
        state.hurry |= full;
        let wake = full || state.idle;
        state.idle = false;
        drop(state);
        if wake {
            self.wake.notify_one();
        }
    }

    pub(crate) fn backlog(&self) -> usize {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Ends the gathering. Returns the count of what was appended so far.
    pub(crate) fn hurry(&self) -> u64 {
        let mut state = self.lock();
        let wake = !state.pending.is_empty() && !state.hurry;
        state.hurry |= wake;
        let appended = state.appended;
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        appended
    }

    /// The count of what was appended so far.
    pub(crate) fn appended(&self) -> u64 {
        self.lock().appended
    }

    /// Lets the writer end after what is pending. Whatever comes later is refused.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// The writer has ended: what is pending will never be written.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.weight = 0;
        state.pending = Vec::new();
        self.backlog.store(0, Ordering::Relaxed);
    }

    /// Waits for something and moves all into `batch`, whose allocation serves the next ones.
    /// `false` when the queue is closed and empty.
    pub(crate) async fn take(&self, batch: &mut Batch) -> bool {
        while !self.has_pending() {
            if self.lock().closing {
                return false;
            }
            self.wake.notified().await;
        }
        let gathered = tokio::time::sleep(GATHER);
        tokio::pin!(gathered);
        while !self.in_hurry() {
            tokio::select! {
                () = &mut gathered => break,
                () = self.wake.notified() => {}
            }
        }
        let mut state = self.lock();
        state.hurry = false;
        batch.entries.clear();
        std::mem::swap(&mut state.pending, &mut batch.entries);
        batch.weight = std::mem::take(&mut state.weight);
        batch.through = state.appended;
        true
    }

    /// Takes a batch that is durable off the backlog.
    pub(crate) fn settle(&self, batch: &Batch) {
        self.backlog.fetch_sub(batch.weight, Ordering::Relaxed);
    }

    /// Looks, and marks the writer as asleep in the same moment when there is nothing.
    fn has_pending(&self) -> bool {
        let mut state = self.lock();
        state.idle = state.pending.is_empty();
        !state.idle
    }

    fn in_hurry(&self) -> bool {
        let state = self.lock();
        state.hurry || state.closing
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
