//! Everything in a workspace that a guest can see: files, folders and symbolic links, once each.
//!
//! Like the walk for listings, this one opens every folder by a single name that is not followed and
//! has a stack of its own. It differs in what it is for: no name is left out, also none that is not
//! UTF-8, because a copy without it would be another workspace.

use crate::place::Place;
use crate::walk::FOLDER;
use crate::{MAX_ENTRIES, Workspace, WorkspaceError, WorkspaceErrorKind};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// The most levels of folders that are walked: the deepest that a guest can be allowed to make.
pub const MAX_TREE_DEPTH: usize = 256;

/// The most bytes of files that are read by one walk.
pub const MAX_TREE_BYTES: u64 = 8 << 30;

/// Something in the workspace.
pub(crate) struct Item<'a> {
    /// The folder that it is in.
    pub(crate) at: BorrowedFd<'a>,
    /// Its name there.
    pub(crate) name: &'a CStr,
    /// Its path from the workspace, with `/`.
    pub(crate) path: &'a [u8],
    /// What the system says of it.
    pub(crate) stat: &'a Stat,
}

impl Item<'_> {
    /// Opens a regular file for reading; `None` if it is no such file any more, or may not be read.
    pub(crate) fn open(&self) -> io::Result<Option<File>> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = match openat(self.at, self.name, flags, Mode::empty()) {
            Ok(opened) => opened,
            Err(Errno::NOENT | Errno::LOOP | Errno::ACCESS | Errno::PERM | Errno::NXIO) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let is_file = FileType::from_raw_mode(fstat(&opened)?.st_mode) == FileType::RegularFile;
        Ok(is_file.then(|| File::from(opened)))
    }

    /// What a symbolic link says; `None` if it is none any more.
    pub(crate) fn target(&self) -> io::Result<Option<CString>> {
        match rustix::fs::readlinkat(self.at, self.name, Vec::new()) {
            Ok(target) => Ok(Some(target)),
            Err(Errno::NOENT | Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a file, as the system said.
    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.stat.st_size).unwrap_or_default()
    }
}

/// Who is told what is in a workspace.
pub(crate) trait Visitor {
    /// A folder, before what is in it.
    fn enter(&mut self, folder: &Item<'_>) -> io::Result<()>;
    /// The end of the folder that was entered last.
    fn leave(&mut self) -> io::Result<()>;
    /// A regular file.
    fn file(&mut self, file: &Item<'_>) -> io::Result<()>;
    /// A symbolic link.
    fn link(&mut self, link: &Item<'_>) -> io::Result<()>;
}

/// A folder that the walk is in.
struct Level {
    entries: Dir,
    /// Its path from the workspace, ready for a name to be added.
    path: Vec<u8>,
}

impl Workspace {
    /// Tells `visitor` of everything that a guest can see, in the order of the disk. What is neither
    /// file, folder nor link is passed over. `stop` ends the walk before its end.
    pub(crate) fn tree(
        &self,
        visitor: &mut dyn Visitor,
        stop: &AtomicBool,
    ) -> Result<(), WorkspaceError> {
        let mut levels = vec![Level {
            entries: self
                .open_as(".", FOLDER)
                .and_then(|root| Dir::new(root).map_err(|error| of(b".", error.into())))?,
            path: Vec::new(),
        }];
        let mut room = Room {
            entries: MAX_ENTRIES,
            bytes: MAX_TREE_BYTES,
        };
        while let Some(level) = levels.last_mut() {
            if stop.load(Ordering::Relaxed) {
                return Err(WorkspaceError::new("/", WorkspaceErrorKind::Stopped));
            }
            let Some(entry) = level.entries.read() else {
                levels.pop();
                if !levels.is_empty() {
                    visitor.leave().map_err(|error| of(b".", error))?;
                }
                continue;
            };
            let name = entry.map_err(|error| of(&level.path, error.into()))?;
            let name = name.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let mut path = level.path.clone();
            path.extend_from_slice(name.to_bytes());
            let at = level.entries.fd();
            let at = at.map_err(|error| of(&path, error.into()))?;
            let Some(folder) = self.visit(at, name, &path, visitor, &mut room)? else {
                continue;
            };
            if levels.len() > MAX_TREE_DEPTH {
                let limit = MAX_TREE_DEPTH;
                return Err(WorkspaceError::new(
                    "/",
                    WorkspaceErrorKind::TooDeep { limit },
                ));
            }
            let entries = Dir::new(folder).map_err(|error| of(&path, error.into()))?;
            path.push(b'/');
            levels.push(Level { entries, path });
        }
        Ok(())
    }

    /// Tells of one name; a folder is given back to be walked.
    fn visit(
        &self,
        at: BorrowedFd<'_>,
        name: &CStr,
        path: &[u8],
        visitor: &mut dyn Visitor,
        room: &mut Room,
    ) -> Result<Option<OwnedFd>, WorkspaceError> {
        let failed = |error: io::Error| of(path, error);
        let stat = match statat(at, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // What is removed meanwhile is not there.
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(error.into())),
        };
        let item = Item {
            at,
            name,
            path,
            stat: &stat,
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        room.spend(match kind {
            FileType::RegularFile => item.size(),
            _ => 0,
        })?;
        match kind {
            FileType::Directory => {
                let opened = match openat(at, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
                    Ok(opened) => opened,
                    // A guest does not get into it either.
                    Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => {
                        return Ok(None);
                    }
                    Err(error) => return Err(failed(error.into())),
                };
                if self.place(&opened, &String::from_utf8_lossy(path)) != Place::Open {
                    return Ok(None);
                }
                visitor.enter(&item).map_err(failed)?;
                return Ok(Some(opened));
            }
            FileType::RegularFile => visitor.file(&item).map_err(failed)?,
            FileType::Symlink => visitor.link(&item).map_err(failed)?,
            _ => {}
        }
        Ok(None)
    }
}

/// How much may still be walked.
struct Room {
    entries: usize,
    bytes: u64,
}

impl Room {
    fn spend(&mut self, bytes: u64) -> Result<(), WorkspaceError> {
        let kind = match (self.entries.checked_sub(1), self.bytes.checked_sub(bytes)) {
            (Some(entries), Some(bytes)) => {
                *self = Self { entries, bytes };
                return Ok(());
            }
            (None, _) => WorkspaceErrorKind::TooManyEntries { limit: MAX_ENTRIES },
            (_, None) => WorkspaceErrorKind::TooMuch {
                limit: MAX_TREE_BYTES,
            },
        };
        Err(WorkspaceError::new("/", kind))
    }
}

fn of(path: &[u8], error: io::Error) -> WorkspaceError {
    WorkspaceError::of(&String::from_utf8_lossy(path), error)
}
