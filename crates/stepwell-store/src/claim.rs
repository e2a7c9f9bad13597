//! Which runs a living process executes.
//!
//! A claim is a file with an exclusive lock of the operating system. The lock goes away with its
//! process however that process ends, so no heartbeat and no process id that may be reused is
//! needed to tell a run that is slow from a run that is gone.

use crate::{JournalError, JournalErrorKind};
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use stepwell_event::RunId;

/// Says that this process executes a run, for as long as it is held.
///
/// Drop it after the flush that made the end of the run durable; without that end, the run counts
/// as interrupted from then on.
#[derive(Debug)]
#[must_use = "the run counts as interrupted once its claim is dropped"]
pub struct RunClaim {
    path: PathBuf,
    _lock: File,
}

impl Drop for RunClaim {
    fn drop(&mut self) {
        // The lock is what counts; a file that stays behind is removed when the run is acknowledged.
        let _ = fs::remove_file(&self.path);
    }
}

pub(crate) fn take(directory: &Path, run: RunId) -> Result<RunClaim, JournalError> {
    let (path, _lock) = lock(directory, file(directory, run))?;
    Ok(RunClaim { path, _lock })
}

/// Says that this process watches a branch, for as long as it is held.
#[derive(Debug)]
#[must_use = "another process may watch the branch once its claim is dropped"]
pub struct WatchClaim {
    _lock: File,
}

/// The file stays when the claim goes: its name is that of the branch, and the next one needs it.
pub(crate) fn take_watch(directory: &Path, name: &str) -> Result<WatchClaim, JournalError> {
    let (_, _lock) = lock(directory, directory.join("live").join(name))?;
    Ok(WatchClaim { _lock })
}

fn lock(directory: &Path, path: PathBuf) -> Result<(PathBuf, File), JournalError> {
    let refused = |kind| JournalError::new(&path, kind);
    let open = || {
        fs::create_dir_all(directory.join("live"))?;
        File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
    };
    let lock = open().map_err(|error| refused(JournalErrorKind::Inaccessible).caused_by(error))?;
    match lock.try_lock() {
        Ok(()) => Ok((path, lock)),
        Err(TryLockError::WouldBlock) => Err(refused(JournalErrorKind::AlreadyClaimed)),
        Err(TryLockError::Error(error)) => {
            Err(refused(JournalErrorKind::Inaccessible).caused_by(error))
        }
    }
}

/// Whether a process, this one included, executes the run. In doubt it does: an interruption that
/// is told late does less harm than one that is told of a living run.
pub(crate) fn is_held(directory: &Path, run: RunId) -> bool {
    match File::open(file(directory, run)) {
        Ok(lock) => lock.try_lock().is_err(),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// Removes what a process that is gone left behind.
pub(crate) fn forget(directory: &Path, run: RunId) {
    let _ = fs::remove_file(file(directory, run));
}

fn file(directory: &Path, run: RunId) -> PathBuf {
    directory.join("live").join(run.to_string())
}
