//! A private copy of a workspace, for a step whose changes nobody wants to keep.
//!
//! The system copies the bytes, which on file systems that share blocks costs next to nothing.
//! Times of files are kept, so that a step which looks at them sees the same.

use crate::tree::{Item, Visitor};
use crate::walk::FOLDER;
use crate::{Workspace, WorkspaceError};
use rustix::fs::{Mode, OFlags, Timespec, Timestamps, futimens, mkdirat, openat, symlinkat};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// How many files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Paths of files that are not in the copy, because they could not be read.
    pub unreadable: Vec<String>,
}

impl Workspace {
    /// Copies all that a guest can see into the folder `target`, which is there and empty. Symbolic
    /// links are copied as such; pipes, sockets and devices are left out.
    ///
    /// # Errors
    ///
    /// When there is more than [`MAX_ENTRIES`](crate::MAX_ENTRIES),
    /// [`MAX_TREE_DEPTH`](crate::MAX_TREE_DEPTH) or [`MAX_TREE_BYTES`](crate::MAX_TREE_BYTES)
    /// allow, or the disk does not take it.
    pub fn copy_to(&self, target: &Path) -> Result<Copied, WorkspaceError> {
        let root = rustix::fs::open(target, FOLDER | OFlags::NOFOLLOW, Mode::empty())
            .map_err(|error| WorkspaceError::of(&target.to_string_lossy(), error.into()))?;
        let mut copy = Copy {
            folders: vec![root],
            copied: Copied::default(),
        };
        self.tree(&mut copy, &AtomicBool::new(false))?;
        Ok(copy.copied)
    }
}

struct Copy {
    /// The folder that is written to, and those above it.
    folders: Vec<OwnedFd>,
    copied: Copied,
}

impl Copy {
    fn here(&self) -> io::Result<&OwnedFd> {
        let no_folder = || io::Error::other("the copy has no folder");
        self.folders.last().ok_or_else(no_folder)
    }
}

/// The permissions of the copy. Programs of other users stay their own, and a folder that its owner
/// cannot change could not be removed.
fn mode(item: &Item<'_>, at_least: u32) -> Mode {
    Mode::from_raw_mode(item.stat.st_mode & 0o777 | at_least)
}

impl Visitor for Copy {
    fn enter(&mut self, folder: &Item<'_>) -> io::Result<()> {
        let here = self.here()?;
        mkdirat(here, folder.name, mode(folder, 0o700))?;
        let opened = openat(here, folder.name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        self.folders.push(opened);
        Ok(())
    }

    fn leave(&mut self) -> io::Result<()> {
        self.folders.pop();
        Ok(())
    }

    fn file(&mut self, file: &Item<'_>) -> io::Result<()> {
        let Some(from) = file.open()? else {
            let path = String::from_utf8_lossy(file.path).into_owned();
            self.copied.unreadable.push(path);
            return Ok(());
        };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut to = File::from(openat(self.here()?, file.name, flags, mode(file, 0o200))?);
        // A file that grows meanwhile would not be bounded.
        let bytes = io::copy(&mut from.take(file.size()), &mut to)?;
        futimens(
            &to,
            &Timestamps {
                last_access: time(file.stat.st_atime, file.stat.st_atime_nsec),
                last_modification: time(file.stat.st_mtime, file.stat.st_mtime_nsec),
            },
        )?;
        self.copied.files += 1;
        self.copied.bytes += bytes;
        Ok(())
    }

    fn link(&mut self, link: &Item<'_>) -> io::Result<()> {
        if let Some(target) = link.target()? {
            symlinkat(target, self.here()?, link.name)?;
        }
        Ok(())
    }
}

/// The types of C are not the same on all systems.
fn time(seconds: impl Into<i64>, nanos: impl TryInto<i64>) -> Timespec {
    Timespec {
        tv_sec: seconds.into(),
        tv_nsec: nanos.try_into().unwrap_or_default(),
    }
}
