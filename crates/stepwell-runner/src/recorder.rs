//! Gives every event its place in the run and hands it on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use stepwell_event::{Envelope, FORMAT_VERSION, RunEvent, RunId};
use stepwell_store::{Journal, JournalError};
use tokio::sync::{Notify, mpsc};

/// Events that a watcher may be behind before the guests wait for it.
const WATCH_BACKLOG: usize = 1_000;

/// How long events gather before a watcher is given them: waking it for each would cost a step
/// more than running it.
const GATHER: Duration = Duration::from_millis(20);

/// The way of events from the drivers to the journal and a watcher.
pub struct Recorder {
    run: RunId,
    journal: Journal,
    /// The next place in the run. Held while an event is handed on, so that all see one order.
    next: Mutex<u64>,
    watch: mpsc::UnboundedSender<Envelope>,
    behind: Arc<AtomicUsize>,
    ended: Arc<Notify>,
}

/// The receiving end for one watcher.
pub struct Watch {
    events: mpsc::UnboundedReceiver<Envelope>,
    behind: Arc<AtomicUsize>,
    /// Rings once, with the last event.
    ended: Arc<Notify>,
}

impl Watch {
    /// The next events in order; `None` when the run has ended and all have been given.
    pub async fn next(&mut self) -> Option<Vec<Envelope>> {
        let first = self.events.recv().await?;
        tokio::select! {
            () = self.ended.notified() => {}
            () = tokio::time::sleep(GATHER) => {}
        }
        let mut events = vec![first];
        while let Ok(event) = self.events.try_recv() {
            events.push(event);
        }
        self.behind.fetch_sub(events.len(), Ordering::AcqRel);
        Some(events)
    }
}

impl Recorder {
    /// A recorder for `run`, and the watcher's end of it.
    #[must_use]
    pub fn new(run: RunId, journal: Journal) -> (Self, Watch) {
        let (watch, events) = mpsc::unbounded_channel();
        let behind = Arc::new(AtomicUsize::new(0));
        let ended = Arc::new(Notify::new());
        let recorder = Self {
            run,
            journal,
            next: Mutex::new(0),
            watch,
            behind: Arc::clone(&behind),
            ended: Arc::clone(&ended),
        };
        (
            recorder,
            Watch {
                events,
                behind,
                ended,
            },
        )
    }

    /// Appends an event.
    pub(crate) fn record(&self, event: RunEvent) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let envelope = self.envelope(&mut next, event);
        self.show(envelope.clone());
        self.journal.append(envelope);
    }

    /// Appends the last event, and shows it only when it and all before it are durable: what a
    /// watcher was told of a run's result must still hold after a crash.
    ///
    /// No event can follow, so the watcher gets this one in its place.
    pub(crate) async fn record_durably(&self, last: RunEvent) -> Result<(), JournalError> {
        let envelope = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let envelope = self.envelope(&mut next, last);
            self.journal.append(envelope.clone());
            envelope
        };
        self.journal.flush().await?;
        self.show(envelope);
        self.ended.notify_one();
        Ok(())
    }

    fn envelope(&self, next: &mut u64, event: RunEvent) -> Envelope {
        let seq = *next;
        *next += 1;
        Envelope {
            v: FORMAT_VERSION,
            run: self.run,
            seq,
            time_ms: now_ms(),
            event,
        }
    }

    fn show(&self, envelope: Envelope) {
        self.behind.fetch_add(1, Ordering::AcqRel);
        if self.watch.send(envelope).is_err() {
            tracing::debug!("the watcher has gone away; the run goes on");
        }
    }

    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    fn watcher_is_behind(&self) -> bool {
        !self.watch.is_closed() && self.behind.load(Ordering::Acquire) > WATCH_BACKLOG
    }

    /// Whether guests should wait before they say more.
    pub(crate) fn is_congested(&self) -> bool {
        self.journal.is_full() || self.watcher_is_behind()
    }

    /// Waits until journal and watcher have caught up.
    pub(crate) async fn room(&self) {
        self.journal.room().await;
        while self.watcher_is_behind() {
            tokio::time::sleep(GATHER).await;
        }
    }
}

/// Milliseconds since the Unix epoch by the host's wall clock.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
