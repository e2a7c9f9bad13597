//! What a worker has to say, until the host takes it.
//!
//! Messages gather while the guest runs and leave when it waits for something, at the end of its
//! tick, or with the report: a step that says a few words costs the host one wake-up.

use crate::channel;
use crate::frame;
use crate::message::ToHost;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::Notify;

/// Bytes that may wait before the guest has to.
const ROOM: usize = 256 << 10;

/// Messages on their way to the host.
#[derive(Debug)]
pub(crate) struct Outbox {
    stream: Arc<UnixStream>,
    bytes: Mutex<Vec<u8>>,
    /// There is something to send.
    added: Notify,
    /// There is less to send.
    sent: Notify,
}

impl Outbox {
    pub(crate) fn new(stream: Arc<UnixStream>) -> Self {
        Self {
            stream,
            bytes: Mutex::default(),
            added: Notify::new(),
            sent: Notify::new(),
        }
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message.
    pub(crate) fn add(&self, message: &ToHost) {
        if let Err(error) = frame::write(message, &mut self.bytes()) {
            // Only one over 4 GiB, which no guest can make.
            eprint(&error);
        }
        self.added.notify_one();
    }

    /// Whether the guest may go on.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes().len() < ROOM
    }

    /// Waits until the guest may go on.
    pub(crate) async fn room(&self) {
        while !self.has_room() {
            self.sent.notified().await;
        }
    }

    /// Sends what the socket takes now; the rest remains for [`Self::keep_sending`].
    pub(crate) fn send_now(&self) -> io::Result<()> {
        match self.send_some() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            sent => sent,
        }
    }

    /// Sends whatever is added, until the host is gone.
    pub(crate) async fn keep_sending(&self) -> io::Error {
        loop {
            self.added.notified().await;
            while !self.bytes().is_empty() {
                let sent = self.stream.async_io(Interest::WRITABLE, || self.send_some());
                if let Err(error) = sent.await {
                    return error;
                }
            }
        }
    }

    fn send_some(&self) -> io::Result<()> {
        let mut bytes = self.bytes();
        if !bytes.is_empty() {
            let sent = channel::write(&self.stream, &bytes)?;
            bytes.drain(..sent);
            self.sent.notify_one();
        }
        Ok(())
    }
}

/// Tells the host, which reads it if this process dies.
pub(crate) fn eprint(what: &dyn std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(io::stderr(), "{what}");
}
