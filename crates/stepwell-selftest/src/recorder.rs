//! What is heard of a step: some of it is kept, all of it is searched.

use crate::canary::Canary;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stepwell_event::{Denial, GuestEvent};
use stepwell_sandbox::{Answer, StepSink, StopHandle};

/// Bytes of output and of messages that are kept.
const KEPT: usize = 1 << 20;
/// Denials that are kept.
const DENIALS: usize = 1_000;

/// What was heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Standard output and standard error.
    pub(crate) output: Vec<u8>,
    /// Messages, one a line.
    pub(crate) log: String,
    /// What was denied.
    pub(crate) denials: Vec<Denial>,
    /// Whether output was cut.
    pub(crate) truncated: bool,
    /// Bytes of output.
    pub(crate) bytes: u64,
    /// Events of any kind.
    pub(crate) events: u64,
}

/// The other end of a [`Recorder`].
#[derive(Clone, Default)]
pub(crate) struct Ear(Arc<Shared>);

#[derive(Default)]
struct Shared {
    heard: Mutex<Heard>,
    ended: AtomicBool,
    late: AtomicU64,
}

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the step has ended, and takes what was heard of it.
    pub(crate) fn end(&self) -> Heard {
        self.0.ended.store(true, Ordering::Release);
        std::mem::take(&mut *self.heard())
    }

    /// How many events came after the end.
    pub(crate) fn late(&self) -> u64 {
        self.0.late.load(Ordering::Acquire)
    }
}

/// Listens to a step.
pub(crate) struct Recorder {
    pub(crate) ear: Ear,
    pub(crate) canary: Canary,
    pub(crate) stop: StopHandle,
    /// Asks the step to stop when it says that it listens.
    pub(crate) ask: bool,
    /// Has no room, ever.
    pub(crate) stalled: bool,
}

impl StepSink for Recorder {
    fn guest(&mut self, event: GuestEvent) -> Answer {
        if self.ear.0.ended.load(Ordering::Acquire) {
            self.ear.0.late.fetch_add(1, Ordering::AcqRel);
            return Answer::Now(Ok(()));
        }
        let mut heard = self.ear.heard();
        heard.events += 1;
        match event {
            GuestEvent::Output { bytes, .. } => {
                heard.bytes += bytes.len() as u64;
                // The end of what came before, so that nothing hides between two writes.
                let seam = heard.output.len().saturating_sub(128);
                if heard.output.len() < KEPT {
                    heard.output.extend_from_slice(&bytes);
                    self.canary
                        .look(heard.output.get(seam..).unwrap_or_default());
                } else {
                    self.canary.look(&bytes);
                }
            }
            GuestEvent::OutputTruncated { .. } => heard.truncated = true,
            GuestEvent::Log { message, .. } => {
                self.canary.look(message.as_bytes());
                if self.ask && message == "listening" {
                    self.stop.ask();
                }
                if heard.log.len() < KEPT {
                    heard.log.push_str(&message);
                    heard.log.push('\n');
                }
            }
            GuestEvent::Denied(denial) => {
                self.canary.look(denial.target.as_bytes());
                if heard.denials.len() < DENIALS {
                    heard.denials.push(denial);
                }
            }
            other => self.canary.look(format!("{other:?}").as_bytes()),
        }
        Answer::Now(Ok(()))
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        self.stalled
            .then(|| Box::pin(std::future::pending()) as Pin<Box<dyn Future<Output = ()> + Send>>)
    }
}
