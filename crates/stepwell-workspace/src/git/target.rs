//! A folder that is being filled with the files of a tree.
//!
//! Every folder is made before something is put into it, is opened by its name without following a
//! link, and nothing is written over. So a tree in which a link and a folder have the same name
//! cannot lead the writer anywhere.

use super::listing::odd;
use super::{GitError, ObjectId};
use crate::walk::FOLDER;
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_OMIT, futimens, linkat,
    mkdirat, openat, renameat, renameat_with, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// When everything was last changed: the first moment that archives of all formats know. With the
/// time of the export, the same files would not look the same to a guest.
const CHANGED: i64 = 315_532_800;

const NEW: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::CLOEXEC);

fn times() -> Timestamps {
    let time = Timespec {
        tv_sec: CHANGED,
        tv_nsec: 0,
    };
    Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: time,
    }
}

fn mode(executable: bool) -> Mode {
    Mode::from_raw_mode(if executable { 0o555 } else { 0o444 })
}

/// The contents of files by their identifiers, to be linked into exports.
#[derive(Debug)]
pub(super) struct Store {
    folder: OwnedFd,
    next: AtomicU64,
}

impl Store {
    /// Makes the folder.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: make(CWD, path)?,
            next: AtomicU64::new(0),
        })
    }

    /// Puts a file into the store. It has its name only when it is complete.
    pub(super) fn put(
        &self,
        id: ObjectId,
        executable: bool,
        content: &mut dyn Read,
    ) -> io::Result<()> {
        let draft = format!("draft-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let mut file = File::from(openat(&self.folder, &draft, NEW, mode(executable))?);
        io::copy(content, &mut file)?;
        futimens(&file, &times())?;
        // A name is never given to another file: whoever links to the first one at that moment would
        // find it gone.
        let (folder, kept) = (&self.folder, name(id, executable));
        match renameat_with(folder, &draft, folder, &kept, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => unlinkat(folder, &draft, AtFlags::empty())?,
            // A disk that does not know the flag.
            Err(Errno::INVAL) => renameat(folder, &draft, folder, &kept)?,
            renamed => renamed?,
        }
        Ok(())
    }
}

fn name(id: ObjectId, executable: bool) -> String {
    format!("{id}{}", if executable { "-x" } else { "" })
}

/// The folder of an export.
#[derive(Debug)]
pub(super) struct Target {
    /// The folder that is written to, and those above it.
    folders: Vec<OwnedFd>,
    /// Its path, ready for a name to be added.
    path: Vec<u8>,
}

impl Target {
    /// Makes the folder.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            folders: vec![make(CWD, path)?],
            path: Vec::new(),
        })
    }

    /// Makes a folder, which can be written to until something beside it is.
    pub(super) fn folder(&mut self, path: &[u8]) -> Result<(), GitError> {
        let (here, name) = self.go(path)?;
        let folder = make(here, name).map_err(|error| failed(path, error))?;
        self.folders.push(folder);
        self.path = [path, b"/"].concat();
        Ok(())
    }

    /// Makes a symbolic link.
    pub(super) fn link(&mut self, path: &[u8], target: &CStr) -> Result<(), GitError> {
        let (here, name) = self.go(path)?;
        symlinkat(target, here, name)
            .and_then(|()| utimensat(here, name, &times(), AtFlags::SYMLINK_NOFOLLOW))
            .map_err(|error| failed(path, error.into()))
    }

    /// Gives a file of the store a name here. Where it cannot have another one, it is copied.
    pub(super) fn file(
        &mut self,
        path: &[u8],
        store: &Store,
        id: ObjectId,
        executable: bool,
    ) -> Result<(), GitError> {
        let (here, leaf) = self.go(path)?;
        let kept = name(id, executable);
        let copy = || -> io::Result<()> {
            let read = OFlags::RDONLY | OFlags::CLOEXEC;
            let mut from = File::from(openat(&store.folder, &kept, read, Mode::empty())?);
            let mut to = File::from(openat(here, leaf, NEW, mode(executable))?);
            io::copy(&mut from, &mut to)?;
            Ok(futimens(&to, &times())?)
        };
        let made = match linkat(&store.folder, &kept, here, leaf, AtFlags::empty()) {
            // Another disk, no more names for one file, or a disk that has only one for each.
            Err(Errno::XDEV | Errno::MLINK | Errno::PERM | Errno::OPNOTSUPP) => copy(),
            made => made.map_err(io::Error::from),
        };
        made.map_err(|error| failed(path, error))
    }

    /// Finishes the folders that are still written to.
    pub(super) fn finish(mut self) -> Result<(), GitError> {
        while let Some(folder) = self.folders.pop() {
            close(&folder).map_err(|error| failed(&self.path, error))?;
        }
        Ok(())
    }

    /// Goes up to the folder that `path` is in, and gives it with the name there.
    fn go<'p>(&mut self, path: &'p [u8]) -> Result<(&OwnedFd, &'p [u8]), GitError> {
        while !path.starts_with(&self.path) {
            let Some(folder) = self.folders.pop() else {
                break;
            };
            close(&folder).map_err(|error| failed(path, error))?;
            let above = self.path.strip_suffix(b"/").unwrap_or_default();
            let end = above.iter().rposition(|byte| *byte == b'/');
            self.path.truncate(end.map_or(0, |end| end + 1));
        }
        let name = path.strip_prefix(&*self.path).unwrap_or_default();
        match self.folders.last() {
            Some(here) if !name.contains(&b'/') => Ok((here, name)),
            // A single name of the tree has a `/` in it, or a folder comes twice.
            _ => Err(odd(path, "is in a folder that is none")),
        }
    }
}

fn make<P: rustix::path::Arg + Copy>(at: impl AsFd, path: P) -> io::Result<OwnedFd> {
    let at = at.as_fd();
    mkdirat(at, path, Mode::from_raw_mode(0o755))?;
    Ok(openat(at, path, FOLDER | OFlags::NOFOLLOW, Mode::empty())?)
}

fn close(folder: &OwnedFd) -> io::Result<()> {
    Ok(futimens(folder, &times())?)
}

fn failed(path: &[u8], error: io::Error) -> GitError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            odd(path, "is there more than once, as far as the disk can tell")
        }
        io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => {
            odd(path, "has a name that the disk cannot have")
        }
        _ => GitError::system(&format!("write `{}`", String::from_utf8_lossy(path)), error),
    }
}
