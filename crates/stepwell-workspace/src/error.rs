//! Why a file of the workspace was not read.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

/// Why a file of the workspace was not read. It names the path as it was asked for;
/// [`WorkspaceError::help`] says what to do.
#[derive(Debug)]
pub struct WorkspaceError {
    path: String,
    kind: WorkspaceErrorKind,
    source: Option<io::Error>,
}

/// The kinds of [`WorkspaceError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkspaceErrorKind {
    /// There is nothing of this name.
    NotFound {
        /// A path that is there and was perhaps meant.
        similar: Option<String>,
    },
    /// A folder, where a file is wanted.
    Folder,
    /// Neither a file nor a folder: a device, a named pipe, or a socket.
    Special,
    /// The path leads out of the workspace.
    Outside,
    /// The path leads to a folder that no guest may enter.
    Closed,
    /// The file is too large.
    TooLarge {
        /// The bytes that it has.
        size: u64,
        /// The most bytes that it may have.
        limit: u64,
    },
    /// More files were found than are listed.
    TooManyFiles {
        /// The most that are listed.
        limit: usize,
    },
    /// More files and folders would have to be looked at than is done for one listing.
    TooManyEntries {
        /// The most that are looked at.
        limit: usize,
    },
    /// Folders are nested too deeply.
    TooDeep {
        /// The most levels that are looked at.
        limit: usize,
    },
    /// The files have more bytes together than are read.
    TooMuch {
        /// The most bytes that are read.
        limit: u64,
    },
    /// It was told to stop.
    Stopped,
    /// The file or a folder on the way may not be read.
    Denied,
    /// The pattern is not one.
    Pattern {
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else that the operating system reports.
    Other,
}

impl WorkspaceError {
    pub(crate) fn new(path: &str, kind: WorkspaceErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            source: None,
        }
    }

    pub(crate) fn of(path: &str, error: io::Error) -> Self {
        let kind = match error.kind() {
            // A name that the system cannot have is one that is not there.
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput => WorkspaceErrorKind::NotFound { similar: None },
            // This one is not from the system but from cap-std.
            ErrorKind::PermissionDenied if error.raw_os_error().is_none() => {
                WorkspaceErrorKind::Outside
            }
            ErrorKind::PermissionDenied => WorkspaceErrorKind::Denied,
            _ => WorkspaceErrorKind::Other,
        };
        Self {
            path: path.to_owned(),
            kind,
            source: Some(error),
        }
    }

    /// What went wrong, to branch on.
    #[must_use]
    pub fn kind(&self) -> &WorkspaceErrorKind {
        &self.kind
    }

    /// The path or the pattern, as it was asked for. It is a guest's text: neutralise it before
    /// showing it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What to do about it, as one lowercase fragment.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match &self.kind {
            WorkspaceErrorKind::NotFound { similar } => {
                format!("did you mean `{}`?", similar.as_ref()?)
            }
            WorkspaceErrorKind::Folder => "name a file in it".to_owned(),
            WorkspaceErrorKind::Outside => {
                "name a path inside of the project; symbolic links are followed only within it"
                    .to_owned()
            }
            WorkspaceErrorKind::Closed => {
                "stepwell keeps this folder to itself; keep the file elsewhere in the project"
                    .to_owned()
            }
            WorkspaceErrorKind::TooManyFiles { .. } | WorkspaceErrorKind::TooManyEntries { .. } => {
                "name a folder or a pattern with less in it".to_owned()
            }
            WorkspaceErrorKind::TooDeep { .. } => {
                "look for a folder that holds itself, or name a folder further down".to_owned()
            }
            WorkspaceErrorKind::Denied => {
                "check that the user who runs stepwell may read it and all folders above it"
                    .to_owned()
            }
            WorkspaceErrorKind::Pattern { .. } => {
                "put a backslash before a character that is meant as itself".to_owned()
            }
            WorkspaceErrorKind::TooMuch { .. } => {
                "name a smaller project with `--project`, or move large files out of it".to_owned()
            }
            WorkspaceErrorKind::Special
            | WorkspaceErrorKind::TooLarge { .. }
            | WorkspaceErrorKind::Stopped
            | WorkspaceErrorKind::Other => return None,
        })
    }
}

impl fmt::Display for WorkspaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.kind {
            WorkspaceErrorKind::NotFound { .. } => write!(f, "`{path}` does not exist"),
            WorkspaceErrorKind::Folder => write!(f, "`{path}` is a folder, not a file"),
            WorkspaceErrorKind::Special => {
                write!(f, "`{path}` is a device, a pipe or a socket, not a file")
            }
            WorkspaceErrorKind::Outside => write!(f, "`{path}` leads out of the workspace"),
            WorkspaceErrorKind::Closed => write!(f, "`{path}` leads to a closed folder"),
            WorkspaceErrorKind::TooLarge { size, limit } => {
                write!(f, "`{path}` has {size} bytes, but may have {limit} at most")
            }
            WorkspaceErrorKind::TooManyFiles { limit } => {
                write!(f, "`{path}` gives more than {limit} files")
            }
            WorkspaceErrorKind::TooManyEntries { limit } => {
                write!(
                    f,
                    "`{path}` has to look at more than {limit} files and folders"
                )
            }
            WorkspaceErrorKind::TooDeep { limit } => {
                write!(
                    f,
                    "`{path}` has folders nested more than {limit} levels deep"
                )
            }
            WorkspaceErrorKind::TooMuch { limit } => {
                write!(f, "`{path}` has more than {} GiB of files", limit >> 30)
            }
            WorkspaceErrorKind::Stopped => f.write_str("stopped before all files were read"),
            WorkspaceErrorKind::Denied => write!(f, "`{path}` may not be read"),
            WorkspaceErrorKind::Pattern { reason } => {
                write!(f, "`{path}` is not a pattern of files: {reason}")
            }
            WorkspaceErrorKind::Other => write!(f, "`{path}` cannot be read"),
        }
    }
}

impl Error for WorkspaceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| -> &(dyn Error + 'static) { source })
    }
}
