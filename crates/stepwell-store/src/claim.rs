//! Which runs and searches a living process is at work on.
//!
//! A claim is a file with an exclusive lock of the operating system. The lock goes away with its
//! process however that process ends, so no heartbeat and no process id that may be reused is
//! needed to tell a run that is slow from a run that is gone.

use crate::{JournalError, JournalErrorKind};
use std::fmt::Display;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Says that this process is at work on a run or a search, for as long as it is held.
///
/// Drop it after the flush that made the end durable; without that end, a run counts as interrupted
/// from then on.
#[derive(Debug)]
#[must_use = "a run counts as interrupted once its claim is dropped"]
pub struct Claim {
    path: PathBuf,
    _lock: File,
}

impl Drop for Claim {
    fn drop(&mut self) {
        // The lock is what counts; a file that stays behind is removed when the run is acknowledged.
        let _ = fs::remove_file(&self.path);
    }
}

pub(crate) fn take(directory: &Path, id: impl Display) -> Result<Claim, JournalError> {
    let path = file(directory, id);
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
        Ok(()) => Ok(Claim { path, _lock: lock }),
        Err(TryLockError::WouldBlock) => Err(refused(JournalErrorKind::AlreadyClaimed)),
        Err(TryLockError::Error(error)) => {
            Err(refused(JournalErrorKind::Inaccessible).caused_by(error))
        }
    }
}

/// Whether a process, this one included, is at work on it. In doubt it does: an interruption that
/// is told late does less harm than one that is told of a living run.
pub(crate) fn is_held(directory: &Path, id: impl Display) -> bool {
    match File::open(file(directory, id)) {
        Ok(lock) => lock.try_lock().is_err(),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// Removes what a process that is gone left behind.
pub(crate) fn forget(directory: &Path, id: impl Display) {
    let _ = fs::remove_file(file(directory, id));
}

fn file(directory: &Path, id: impl Display) -> PathBuf {
    directory.join("live").join(id.to_string())
}
