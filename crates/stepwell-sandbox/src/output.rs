//! Standard streams of a guest.
//!
//! Wasmtime's own adapters queue empty writes without bound (GHSA-5m8g-xhq4-4h93), so these
//! streams implement the WASI trait themselves: a write goes straight to the sink, an empty one
//! nowhere, and one budget holds for both streams of a step. A guest that writes faster than the
//! journal drains waits in `ready`.

use crate::state::Link;
use bytes::Bytes;
use std::sync::Arc;
use stepwell_event::{GuestEvent, Stream};
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

/// Bytes that a guest may write between two looks at `check-write`. More would let
/// `write-zeroes` allocate as much on the host.
const PERMIT: usize = 64 << 10;

/// Standard output or standard error.
#[derive(Clone)]
pub(crate) struct Output {
    pub(crate) link: Arc<Link>,
    pub(crate) stream: Stream,
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this, and its interfaces are not linked.
        Box::new(tokio::io::sink())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        self.link.room().await;
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > PERMIT {
            return Err(StreamError::trap("wrote more than `check-write` permits"));
        }
        self.link.output(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(if self.link.is_congested() { 0 } else { PERMIT })
    }

    async fn write_ready(&mut self) -> StreamResult<usize> {
        self.ready().await;
        // Another job may have filled the room meanwhile; one more permit does no harm, while
        // a zero here would trap the guest after a few tries.
        Ok(PERMIT)
    }
}

/// Standard input: always at its end, and a question asked of it is remembered.
#[derive(Clone)]
pub(crate) struct ClosedInput(pub(crate) Arc<Link>);

impl IsTerminal for ClosedInput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for ClosedInput {
    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for ClosedInput {
    async fn ready(&mut self) {}
}

impl InputStream for ClosedInput {
    fn read(&mut self, _size: usize) -> StreamResult<Bytes> {
        self.0.note_read_of_stdin();
        Err(StreamError::Closed)
    }
}

impl Link {
    fn output(&self, stream: Stream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let (accepted, truncated) = self.take_output(bytes.len());
        if let Some(bytes) = bytes.get(..accepted).filter(|bytes| !bytes.is_empty()) {
            self.emit_unanswered(GuestEvent::Output {
                stream,
                bytes: bytes.to_vec(),
            });
        }
        if let Some(limit) = truncated {
            self.emit_unanswered(GuestEvent::OutputTruncated { limit });
        }
    }
}
