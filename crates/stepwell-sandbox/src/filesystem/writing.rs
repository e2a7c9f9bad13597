//! Bytes on their way to a file, each counted before it is written.
//!
//! Wasmtime's own stream takes as many bytes as one call can carry and remembers them until a thread
//! has written them, for every stream that a guest opens: with a thousand streams that is as much
//! memory again as the guest's own. These streams share one bound on what is under way.

use super::account::Account;
use super::area::Area;
use crate::state::StepState;
use bytes::Bytes;
use rustix::io::{Errno, ReadWriteFlags};
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use tokio::task::JoinHandle;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor as _};
use wasmtime_wasi::p2::{
    DynOutputStream, FsError, FsResult, OutputStream, Pollable, StreamError, StreamResult,
};

/// Bytes that a guest may write to a stream between two looks at `check-write`, which is also what
/// one call of `write-zeroes` lets the host allocate.
const PERMIT: usize = 64 << 10;

/// Where in a file bytes go.
#[derive(Debug, Clone, Copy)]
enum At {
    Offset(u64),
    End,
}

/// A file that is open for writing.
#[derive(Clone)]
struct Target {
    file: Arc<File>,
    area: Area,
    account: Arc<Account>,
}

impl Target {
    /// Starts a write. What is too much is refused at once, but at the end of a file, which only
    /// the thread that writes knows.
    fn start(&self, bytes: Bytes, at: At) -> Result<JoinHandle<io::Result<u64>>, Errno> {
        let len = bytes.len() as u64;
        let under_way = self.account.begin(len)?;
        if let At::Offset(offset) = at {
            let end = offset.checked_add(len).ok_or(Errno::FBIG)?;
            self.account.take(self.area, end, len)?;
        }
        let target = self.clone();
        Ok(tokio::task::spawn_blocking(move || {
            let done = target.finish(&bytes, at);
            drop(under_way);
            done
        }))
    }

    fn finish(&self, bytes: &[u8], at: At) -> io::Result<u64> {
        let len = bytes.len() as u64;
        match at {
            At::Offset(offset) => self.counted(len, |written| {
                while let Some(rest) = rest(bytes, *written) {
                    *written += self.file.write_at(rest, offset + *written)? as u64;
                }
                Ok(())
            }),
            At::End => {
                let _alone = self.account.appending();
                let end = self.file.metadata()?.len().saturating_add(len);
                self.account.take(self.area, end, len)?;
                self.counted(len, |written| {
                    while let Some(rest) = rest(bytes, *written) {
                        *written += append(&self.file, rest)? as u64;
                    }
                    Ok(())
                })
            }
        }
    }

    /// Runs a write that is taken into account, and gives back what it did not do.
    fn counted(&self, len: u64, write: impl FnOnce(&mut u64) -> io::Result<()>) -> io::Result<u64> {
        let mut written = 0;
        let done = match self.account.leave_room(self.area, &self.file, len) {
            Ok(()) => write(&mut written),
            Err(error) => Err(error.into()),
        };
        self.account
            .give_back(self.area, len.saturating_sub(written));
        done.map(|()| written)
    }
}

fn rest(bytes: &[u8], written: u64) -> Option<&[u8]> {
    let rest = bytes.get(usize::try_from(written).ok()?..)?;
    (!rest.is_empty()).then_some(rest)
}

/// Writes where the file ends at that moment, whoever else appends to it.
fn append(file: &File, bytes: &[u8]) -> io::Result<usize> {
    match rustix::io::pwritev2(file, &[IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND) {
        Err(Errno::NOSYS | Errno::NOTSUP) => file.write_at(bytes, file.metadata()?.len()),
        done => Ok(done?),
    }
}

/// A stream into a file.
struct FileStream {
    target: Target,
    at: At,
    state: State,
}

enum State {
    Ready,
    Waiting(JoinHandle<io::Result<u64>>),
    Failed(io::Error),
    Closed,
}

impl FileStream {
    fn fail(&mut self, error: io::Error) -> StreamError {
        self.state = State::Closed;
        StreamError::LastOperationFailed(error.into())
    }

    /// Takes the error of the last write, if there is one.
    fn look(&mut self) -> StreamResult<()> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Failed(error) => Err(self.fail(error)),
            State::Closed => Err(StreamError::Closed),
            state => {
                self.state = state;
                Ok(())
            }
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileStream {
    async fn ready(&mut self) {
        if let State::Waiting(task) = &mut self.state {
            let done = task.await.unwrap_or_else(|error| Err(error.into()));
            self.state = match (done, &mut self.at) {
                (Ok(written), At::Offset(offset)) => {
                    *offset = offset.saturating_add(written);
                    State::Ready
                }
                (Ok(_), At::End) => State::Ready,
                (Err(error), _) => State::Failed(error),
            };
        }
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for FileStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        match &self.state {
            State::Ready => {}
            State::Closed => return Err(StreamError::Closed),
            State::Waiting(_) | State::Failed(_) => {
                return Err(StreamError::trap("wrote more than `check-write` permits"));
            }
        }
        if bytes.is_empty() {
            return Ok(());
        }
        match self.target.start(bytes, self.at) {
            Ok(task) => {
                self.state = State::Waiting(task);
                Ok(())
            }
            Err(error) => Err(self.fail(error.into())),
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.look()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.look()?;
        Ok(match self.state {
            State::Ready => PERMIT,
            _ => 0,
        })
    }

    /// What was written before a stream is dropped is in the file after it.
    async fn cancel(&mut self) {
        self.ready().await;
    }
}

impl StepState {
    fn target(&mut self, file: &Resource<Descriptor>) -> FsResult<Target> {
        let Descriptor::File(file) = self.table.get(file).map_err(FsError::trap)? else {
            return Err(ErrorCode::BadDescriptor.into());
        };
        if file.perms.write_not_permitted() {
            return Err(ErrorCode::NotPermitted.into());
        }
        Ok(Target {
            file: Arc::clone(&file.file),
            area: self.files.area(&file.file),
            account: Arc::clone(&self.files.account),
        })
    }

    pub(super) fn stream(
        &mut self,
        file: &Resource<Descriptor>,
        offset: Option<u64>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let stream = FileStream {
            target: self.target(file)?,
            at: offset.map_or(At::End, At::Offset),
            state: State::Ready,
        };
        let stream: DynOutputStream = Box::new(stream);
        self.table.push(stream).map_err(FsError::trap)
    }

    pub(super) async fn write(
        &mut self,
        file: &Resource<Descriptor>,
        bytes: Vec<u8>,
        offset: u64,
    ) -> FsResult<u64> {
        let task = self
            .target(file)?
            .start(bytes.into(), At::Offset(offset))
            .map_err(io::Error::from)?;
        let done = task.await.unwrap_or_else(|error| Err(error.into()));
        Ok(done?)
    }

    pub(super) async fn set_size(&mut self, file: Resource<Descriptor>, size: u64) -> FsResult<()> {
        let target = self.target(&file)?;
        target
            .account
            .reach(target.area, size)
            .map_err(io::Error::from)?;
        self.filesystem().set_size(file, size).await
    }
}
