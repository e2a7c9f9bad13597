//! A folder for the temporary files of one worker.

use rustix::fs::Mode;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that is removed when it is dropped, which must not be before the worker has ended.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder that only this user may enter.
    pub(crate) fn new(within: &Path) -> io::Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let within = within.canonicalize()?;
        loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let name = format!("stepwell-worker-{}-{number}", std::process::id());
            let path = within.join(name);
            match rustix::fs::mkdir(&path, Mode::RWXU) {
                Ok(()) => return Ok(Self(path)),
                // Of a process that had our number before.
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = stepwell_sandbox::remove_folder(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a folder for temporary files stays behind");
        }
    }
}
