//! Reading files of a project on behalf of somebody who is not trusted: a guest that publishes a
//! report, or a template that includes another.
//!
//! The host reads with rights that a guest does not have, so a path of a guest is followed no
//! further than the sandbox would follow it. Nothing outside of the workspace is reached, whatever
//! `..` and symbolic links say; `.stepwell`, where the journal is, stays closed under any name; and
//! what is no regular file is not opened, since a named pipe would keep the thread that waits for
//! its other end.
//!
//! Looking at a path before opening it would prove little, because another process can put a
//! symbolic link there in between. The kernel resolves a path beneath the open folder of the
//! workspace, and where that has led is judged by the descriptor that came out.
//!
//! All calls block, and all are bounded.
//!
//! Versions that are not checked out are read from the project's [`Repository`]. An [`Exporter`]
//! makes workspaces of them.

mod checkout;
mod copy;
mod error;
mod git;
mod glob;
mod inventory;
mod nearby;
mod place;
mod put;
mod removal;
mod tree;
mod walk;

pub use checkout::Checkout;
pub use copy::Copied;
pub use error::{WorkspaceError, WorkspaceErrorKind};
pub use git::{
    Ancestry, ExportLimits, Exported, Exporter, Facts, GitError, Lacks, MAX_DIRTY, MAX_NAMED,
    MAX_PERSON, MAX_SUBJECT, NoObjectId, ObjectId, Patch, Range, Repository, RevisionProblem,
};
pub use inventory::{Difference, Hashes, Inventory, MAX_INVENTORY};
pub use removal::remove;
pub use tree::{MAX_TREE_BYTES, MAX_TREE_DEPTH};
pub use walk::{FoundFile, Listing, MAX_DEPTH, MAX_ENTRIES, MAX_FILES};

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use place::Place;
use rustix::fs::OFlags;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// The folder of a project, held open.
///
/// Paths are a guest's paths: relative to the workspace, which is also the root that an absolute
/// path begins at.
#[derive(Debug)]
pub struct Workspace {
    root: Dir,
    /// Where the root was when it was opened.
    path: PathBuf,
    /// Folders of the host that are closed although they may be in the workspace.
    closed: Vec<PathBuf>,
}

impl Workspace {
    /// Opens the folder of a project.
    ///
    /// # Errors
    ///
    /// When it is not there, no folder, or may not be read.
    pub fn open(path: &Path) -> Result<Self, WorkspaceError> {
        let name = path.to_string_lossy();
        let open = || {
            let root = Dir::open_ambient_dir(path, cap_std::ambient_authority())?;
            Ok((root, path.canonicalize()?))
        };
        let (root, path) = open().map_err(|error| WorkspaceError::of(&name, error))?;
        Ok(Self {
            root,
            path,
            closed: Vec::new(),
        })
    }

    /// Closes a folder of the host, such as the one of compiled code and its key, in case it is in
    /// the workspace. A folder that does not exist needs no closing.
    ///
    /// # Errors
    ///
    /// When it cannot be told where the folder is.
    pub fn without(mut self, folder: &Path) -> Result<Self, WorkspaceError> {
        match folder.canonicalize() {
            Ok(real) => self.closed.push(real),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(WorkspaceError::of(&folder.to_string_lossy(), error)),
        }
        Ok(self)
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    ///
    /// When it is not there, no regular file, closed, outside of the workspace, or may not be read.
    pub fn open_file(&self, relative: &str) -> Result<File, WorkspaceError> {
        let failed = |error| self.failed(relative, error);
        let path = beneath(relative);
        // Even opening has effects on some devices.
        let look = self.root.metadata(path).map_err(failed)?;
        let kind = match look.is_file() {
            true => None,
            false if look.is_dir() => Some(WorkspaceErrorKind::Folder),
            false => Some(WorkspaceErrorKind::Special),
        };
        if let Some(kind) = kind {
            return Err(WorkspaceError::new(relative, kind));
        }
        let file = self.open_as(relative, OFlags::NONBLOCK | OFlags::NOCTTY)?;
        match file.metadata().map_err(failed)?.is_file() {
            true => Ok(file),
            false => Err(WorkspaceError::new(relative, WorkspaceErrorKind::Special)),
        }
    }

    /// Reads a regular file of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// As for [`Workspace::open_file`], and when the file is larger.
    pub fn read(&self, relative: &str, limit: u64) -> Result<Vec<u8>, WorkspaceError> {
        let file = self.open_file(relative)?;
        let failed = |error| self.failed(relative, error);
        let too_large =
            |size| WorkspaceError::new(relative, WorkspaceErrorKind::TooLarge { size, limit });
        let size = file.metadata().map_err(failed)?.len();
        if size > limit {
            return Err(too_large(size));
        }
        // The file may grow while it is read.
        let mut bytes = Vec::new();
        let read = (&file)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(failed)? as u64;
        if read > limit {
            let size = file.metadata().map_err(failed)?.len();
            return Err(too_large(size.max(read)));
        }
        Ok(bytes)
    }

    /// Opens a path with flags beside those for reading, if where it leads is open.
    fn open_as(&self, relative: &str, flags: OFlags) -> Result<File, WorkspaceError> {
        let path = beneath(relative);
        let mut options = OpenOptions::new();
        options
            .read(true)
            // The flags of C are signed.
            .custom_flags(flags.bits().cast_signed());
        let opened = self
            .root
            .open_with(path, &options)
            .map_err(|error| self.failed(relative, error))?
            .into_std();
        let kind = match self.place(&opened, path) {
            Place::Open => return Ok(opened),
            Place::Closed => WorkspaceErrorKind::Closed,
            Place::Outside => WorkspaceErrorKind::Outside,
        };
        Err(WorkspaceError::new(relative, kind))
    }

    /// Says why a path could not be used, with a name that was perhaps meant.
    fn failed(&self, relative: &str, error: std::io::Error) -> WorkspaceError {
        let error = WorkspaceError::of(relative, error);
        match error.kind() {
            WorkspaceErrorKind::NotFound { .. } => {
                let similar = self.similar(relative);
                WorkspaceError::new(relative, WorkspaceErrorKind::NotFound { similar })
            }
            _ => error,
        }
    }
}

/// The path as seen from the workspace.
fn beneath(relative: &str) -> &str {
    match relative.trim_start_matches('/') {
        "" => ".",
        path => path,
    }
}
