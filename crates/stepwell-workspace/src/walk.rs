//! Listing the files of a folder and of all folders in it.
//!
//! The walk keeps a descriptor for every level that it is in and opens each folder by a single name
//! that is not followed, so no symbolic link that appears meanwhile leads it astray. It has a stack
//! of its own: a deep tree costs neither ours nor more than [`MAX_DEPTH`] descriptors.

use crate::{Workspace, WorkspaceError, WorkspaceErrorKind, beneath, place::Place};
use rustix::fs::{AtFlags, Dir, DirEntry, FileType, Mode, OFlags, openat, statat};
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;

/// The most files that one listing gives.
pub const MAX_FILES: usize = 10_000;

/// The most files and folders that are looked at for one listing.
pub const MAX_ENTRIES: usize = 500_000;

/// The most levels of folders below the one that is listed.
pub const MAX_DEPTH: usize = 64;

pub(crate) const FOLDER: OFlags = OFlags::DIRECTORY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// A regular file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path from the workspace, with `/`; [`Workspace::open_file`] takes it.
    pub path: String,
    /// Its path from the folder that was listed; the name alone if a single file was.
    pub name: String,
    /// Its bytes, when it was looked at.
    pub size: u64,
}

/// The files that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files, sorted by path.
    pub files: Vec<FoundFile>,
    /// How many files and folders were left out because their names are not UTF-8.
    pub unreadable_names: usize,
}

impl Workspace {
    /// The regular files of a folder and of all folders in it, or the one file. Symbolic links in
    /// them are not followed, and closed folders are left out.
    ///
    /// # Errors
    ///
    /// When the path is not there, closed, outside of the workspace, or may not be read, or when
    /// there is more than [`MAX_FILES`], [`MAX_ENTRIES`] or [`MAX_DEPTH`] allow.
    pub fn files(&self, relative: &str) -> Result<Listing, WorkspaceError> {
        let failed = |error| self.failed(relative, error);
        if self
            .root
            .metadata(beneath(relative))
            .map_err(failed)?
            .is_dir()
        {
            return self.walk(relative, &normal(relative), |_| true);
        }
        self.file(relative)
    }

    /// The listing that consists of one file.
    pub(crate) fn file(&self, relative: &str) -> Result<Listing, WorkspaceError> {
        let looked = self.open_file(relative)?.metadata();
        let size = looked.map_err(|error| self.failed(relative, error))?.len();
        let path = normal(relative);
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Listing {
            files: vec![FoundFile { path, name, size }],
            unreadable_names: 0,
        })
    }

    /// The wanted files below a folder; `asked` is what an error tells of.
    pub(crate) fn walk(
        &self,
        asked: &str,
        folder: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Listing, WorkspaceError> {
        let start = self.open_as(folder, FOLDER)?;
        let mut walk = Walk {
            workspace: self,
            asked,
            listed: prefix(folder),
            levels: vec![level(start, prefix(folder)).map_err(|error| self.failed(folder, error))?],
            entries: 0,
            listing: Listing::default(),
        };
        while let Some(level) = walk.levels.last_mut() {
            let Some(entry) = level.entries.read() else {
                walk.levels.pop();
                continue;
            };
            let path = level.path.clone();
            let entry = entry.map_err(|error| WorkspaceError::of(&path, error.into()))?;
            walk.visit(path, &entry, &wanted)?;
        }
        let mut listing = walk.listing;
        listing.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(listing)
    }
}

/// A folder that the walk is in.
struct Level {
    entries: Dir,
    /// Its path from the workspace, ready for a name to be added.
    path: String,
}

struct Walk<'a> {
    workspace: &'a Workspace,
    asked: &'a str,
    listed: String,
    levels: Vec<Level>,
    entries: usize,
    listing: Listing,
}

impl Walk<'_> {
    fn visit(
        &mut self,
        folder: String,
        entry: &DirEntry,
        wanted: &impl Fn(&str) -> bool,
    ) -> Result<(), WorkspaceError> {
        if matches!(entry.file_name().to_bytes(), b"." | b"..") {
            return Ok(());
        }
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            let limit = MAX_ENTRIES;
            return Err(self.exceeded(WorkspaceErrorKind::TooManyEntries { limit }));
        }
        let Ok(name) = entry.file_name().to_str() else {
            self.listing.unreadable_names += 1;
            return Ok(());
        };
        let path = folder + name;
        let Some(level) = self.levels.last() else {
            return Ok(());
        };
        let at = level.entries.fd();
        let seen = at.and_then(|at| Seen::look(at, name, entry.file_type(), || wanted(&path)));
        match seen {
            Ok(Seen::Folder(opened)) => self.enter(File::from(opened), path),
            Ok(Seen::File { size }) => self.add(path, size),
            Ok(Seen::Nothing) => Ok(()),
            Err(error) => Err(WorkspaceError::of(&path, error.into())),
        }
    }

    fn enter(&mut self, opened: File, path: String) -> Result<(), WorkspaceError> {
        if self.workspace.place(&opened, &path) != Place::Open {
            return Ok(());
        }
        if self.levels.len() > MAX_DEPTH {
            let limit = MAX_DEPTH;
            return Err(self.exceeded(WorkspaceErrorKind::TooDeep { limit }));
        }
        let level =
            level(opened, prefix(&path)).map_err(|error| WorkspaceError::of(&path, error))?;
        self.levels.push(level);
        Ok(())
    }

    fn add(&mut self, path: String, size: u64) -> Result<(), WorkspaceError> {
        if self.listing.files.len() == MAX_FILES {
            let limit = MAX_FILES;
            return Err(self.exceeded(WorkspaceErrorKind::TooManyFiles { limit }));
        }
        let name = path.strip_prefix(&self.listed).unwrap_or(&path).to_owned();
        self.listing.files.push(FoundFile { path, name, size });
        Ok(())
    }

    fn exceeded(&self, kind: WorkspaceErrorKind) -> WorkspaceError {
        WorkspaceError::new(self.asked, kind)
    }
}

/// What a name in a folder turns out to be.
enum Seen {
    Folder(std::os::fd::OwnedFd),
    File {
        size: u64,
    },
    /// It is not wanted, neither file nor folder, or gone by now.
    Nothing,
}

impl Seen {
    fn look(
        at: BorrowedFd<'_>,
        name: &str,
        told: FileType,
        wanted: impl FnOnce() -> bool,
    ) -> rustix::io::Result<Self> {
        let kind = match told {
            FileType::Unknown => match unless_gone(statat(at, name, AtFlags::SYMLINK_NOFOLLOW))? {
                Some(stat) => FileType::from_raw_mode(stat.st_mode),
                None => return Ok(Self::Nothing),
            },
            told => told,
        };
        let seen = match kind {
            FileType::Directory => {
                let flags = FOLDER | OFlags::NOFOLLOW;
                unless_gone(openat(at, name, flags, Mode::empty()))?.map(Self::Folder)
            }
            FileType::RegularFile if wanted() => {
                unless_gone(statat(at, name, AtFlags::SYMLINK_NOFOLLOW))?
                    .filter(|stat| FileType::from_raw_mode(stat.st_mode) == kind)
                    .map(|stat| Self::File {
                        size: u64::try_from(stat.st_size).unwrap_or_default(),
                    })
            }
            _ => None,
        };
        Ok(seen.unwrap_or(Self::Nothing))
    }
}

/// What is removed or replaced during the walk is not there.
fn unless_gone<T>(done: rustix::io::Result<T>) -> rustix::io::Result<Option<T>> {
    use rustix::io::Errno;
    match done {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(error) => Err(error),
    }
}

fn level(folder: File, path: String) -> io::Result<Level> {
    let entries = Dir::new(folder)?;
    Ok(Level { entries, path })
}

/// The path without what says nothing: empty parts and `.`.
pub(crate) fn normal(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    parts.join("/")
}

/// A folder's path, ready for a name to be added.
fn prefix(folder: &str) -> String {
    match folder {
        "" => String::new(),
        folder => format!("{folder}/"),
    }
}
