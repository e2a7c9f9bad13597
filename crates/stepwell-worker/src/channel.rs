//! The channel between host and worker: a Unix stream socket with messages and file descriptors.

use crate::frame::{self, FrameError};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use tokio::io::Interest;
use tokio::net::UnixStream;

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// File descriptors that may wait for their message.
const DESCRIPTORS: usize = 64;

/// The receiving half.
#[derive(Debug)]
pub(crate) struct Receiver {
    stream: Arc<UnixStream>,
    most: usize,
    /// What was received; the first `taken` bytes were messages.
    bytes: Vec<u8>,
    taken: usize,
    descriptors: Descriptors,
}

/// What becomes of file descriptors that the other side sends.
#[derive(Debug)]
enum Descriptors {
    /// The kernel closes them: the other side has no business to send any.
    Refused,
    Taken(VecDeque<OwnedFd>),
}

impl Receiver {
    /// Receives from a worker.
    pub(crate) fn of_worker(stream: Arc<UnixStream>, most: usize) -> Self {
        Self::new(stream, most, Descriptors::Refused)
    }

    /// Receives from the host.
    pub(crate) fn of_host(stream: Arc<UnixStream>, most: usize) -> Self {
        Self::new(stream, most, Descriptors::Taken(VecDeque::new()))
    }

    fn new(stream: Arc<UnixStream>, most: usize, descriptors: Descriptors) -> Self {
        Self {
            stream,
            most,
            bytes: Vec::new(),
            taken: 0,
            descriptors,
        }
    }

    /// The next message. Nothing is lost if this is dropped before it is done.
    pub(crate) async fn next<T: DeserializeOwned>(&mut self) -> Result<T, FrameError> {
        loop {
            let rest = self.bytes.get(self.taken..).unwrap_or_default();
            if let Some((message, taken)) = frame::read(rest, self.most)? {
                self.taken += taken;
                if self.taken == self.bytes.len() {
                    self.bytes.clear();
                    self.taken = 0;
                }
                return Ok(message);
            }
            self.bytes.drain(..self.taken);
            self.taken = 0;
            self.receive().await?;
        }
    }

    /// The file descriptor that came with the last message.
    pub(crate) fn descriptor(&mut self) -> Result<OwnedFd, FrameError> {
        match &mut self.descriptors {
            Descriptors::Refused => None,
            Descriptors::Taken(waiting) => waiting.pop_front(),
        }
        .ok_or(FrameError::NoDescriptor)
    }

    async fn receive(&mut self) -> io::Result<()> {
        let stream = Arc::clone(&self.stream);
        let length = self.bytes.len();
        let received = stream
            .async_io(Interest::READABLE, || {
                self.bytes.resize(length + CHUNK, 0);
                let place = self.bytes.get_mut(length..).unwrap_or_default();
                let received = match &mut self.descriptors {
                    Descriptors::Refused => receive(stream.as_fd(), place, &mut [], |_| {}),
                    Descriptors::Taken(waiting) => {
                        let mut space =
                            [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                        receive(stream.as_fd(), place, &mut space, |descriptor| {
                            if waiting.len() < DESCRIPTORS {
                                waiting.push_back(descriptor);
                            }
                        })
                    }
                };
                self.bytes
                    .truncate(length + *received.as_ref().unwrap_or(&0));
                received
            })
            .await?;
        if received == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

fn receive(
    stream: BorrowedFd<'_>,
    place: &mut [u8],
    space: &mut [MaybeUninit<u8>],
    mut take: impl FnMut(OwnedFd),
) -> io::Result<usize> {
    let mut control = RecvAncillaryBuffer::new(space);
    let mut place = [IoSliceMut::new(place)];
    let received = rustix::net::recvmsg(stream, &mut place, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            descriptors.for_each(&mut take);
        }
    }
    Ok(received.bytes)
}

/// The sending half of the host, which waits until a message is on its way.
#[derive(Debug)]
pub(crate) struct Sender {
    stream: Arc<UnixStream>,
    bytes: Vec<u8>,
}

impl Sender {
    pub(crate) fn new(stream: Arc<UnixStream>) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
        }
    }

    /// Adds a message to those that [`Self::flush`] sends.
    pub(crate) fn add(&mut self, message: &impl Serialize) -> Result<(), FrameError> {
        frame::write(message, &mut self.bytes)
    }

    /// Sends a message and all before it.
    pub(crate) async fn send(&mut self, message: &impl Serialize) -> Result<(), FrameError> {
        self.add(message)?;
        self.flush().await
    }

    /// Sends a message with a file descriptor, and all before it.
    pub(crate) async fn send_with(
        &mut self,
        message: &impl Serialize,
        descriptor: BorrowedFd<'_>,
    ) -> Result<(), FrameError> {
        self.flush().await?;
        self.add(message)?;
        let sent = self
            .stream
            .async_io(Interest::WRITABLE, || {
                let descriptors = [descriptor];
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut control = SendAncillaryBuffer::new(&mut space);
                control.push(SendAncillaryMessage::ScmRights(&descriptors));
                let bytes = [IoSlice::new(&self.bytes)];
                let flags = SendFlags::NOSIGNAL;
                Ok(rustix::net::sendmsg(&self.stream, &bytes, &mut control, flags)?)
            })
            .await?;
        self.bytes.drain(..sent);
        self.flush().await
    }

    /// Sends what was added.
    pub(crate) async fn flush(&mut self) -> Result<(), FrameError> {
        while !self.bytes.is_empty() {
            let sent = self
                .stream
                .async_io(Interest::WRITABLE, || write(&self.stream, &self.bytes))
                .await?;
            self.bytes.drain(..sent);
        }
        Ok(())
    }
}

/// Writes what the socket takes, without the signal that a closed one would bring.
pub(crate) fn write(stream: &UnixStream, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(stream, bytes, SendFlags::NOSIGNAL)?)
}
