//! The timers of one job.

use std::pin::Pin;
use std::time::Duration;
use stepwell_engine::Timer;
use tokio::time::{Instant, Sleep, sleep_until};

/// Timers that run; each once at most.
#[derive(Default)]
pub(crate) struct Timers {
    running: Vec<(Timer, Instant)>,
    /// Set to the first of them; made anew only when that changes, since every step looks at it.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timers {
    /// Starts a timer, or sets one that runs already anew.
    pub(crate) fn start(&mut self, timer: Timer, after: Duration) {
        self.running.retain(|(known, _)| *known != timer);
        // A time that the clock cannot tell never comes.
        if let Some(end) = Instant::now().checked_add(after) {
            self.running.push((timer, end));
        }
        self.sleep = None;
    }

    /// Whether a timer runs.
    pub(crate) fn is_set(&self) -> bool {
        !self.running.is_empty()
    }

    /// Waits for the next timer; for ever without one. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Timer {
        let first = self.running.iter().min_by_key(|(_, end)| *end).copied();
        let Some((timer, end)) = first else {
            return std::future::pending().await;
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(end)));
        sleep.as_mut().await;
        self.running.retain(|(known, _)| *known != timer);
        self.sleep = None;
        timer
    }
}
