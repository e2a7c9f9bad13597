//! Why a blob could not be kept or found.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a blob could not be kept or found. It names the file; [`BlobError::help`] says what to do.
#[derive(Debug)]
pub struct BlobError {
    path: PathBuf,
    kind: BlobErrorKind,
    source: Option<io::Error>,
}

/// The kinds of [`BlobError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobErrorKind {
    /// There is no blob of this digest.
    NotFound,
    /// What was to be kept is too large.
    TooLarge {
        /// The most bytes that were allowed.
        limit: u64,
    },
    /// What was to be kept could not be read to its end.
    Source,
    /// The disk is full, or the user's share of it.
    DiskFull,
    /// The folder of blobs cannot be used.
    Inaccessible,
    /// Anything else that the operating system reports.
    Other,
}

impl BlobError {
    pub(crate) fn new(path: &Path, kind: BlobErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            source: None,
        }
    }

    pub(crate) fn source(path: &Path, error: io::Error) -> Self {
        Self {
            source: Some(error),
            ..Self::new(path, BlobErrorKind::Source)
        }
    }

    pub(crate) fn disk(path: &Path, error: io::Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobErrorKind::DiskFull,
            ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::AlreadyExists => BlobErrorKind::Inaccessible,
            _ => BlobErrorKind::Other,
        };
        Self {
            source: Some(error),
            ..Self::new(path, kind)
        }
    }

    /// What went wrong, to branch on.
    #[must_use]
    pub fn kind(&self) -> &BlobErrorKind {
        &self.kind
    }

    /// The file or the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to do about it, as one lowercase fragment.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let path = self.path.display();
        Some(match &self.kind {
            BlobErrorKind::DiskFull => "free some disk space and run again".to_owned(),
            BlobErrorKind::Inaccessible => {
                format!("check that you may write to `{path}` and the folders above it")
            }
            BlobErrorKind::NotFound
            | BlobErrorKind::TooLarge { .. }
            | BlobErrorKind::Source
            | BlobErrorKind::Other => return None,
        })
    }
}

impl fmt::Display for BlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            BlobErrorKind::NotFound => write!(f, "the blob `{path}` does not exist"),
            BlobErrorKind::TooLarge { limit } => {
                write!(f, "more than the {limit} bytes that may be kept")
            }
            BlobErrorKind::Source => f.write_str("what is to be kept cannot be read to its end"),
            BlobErrorKind::DiskFull => write!(f, "the disk is full: `{path}` cannot be written"),
            BlobErrorKind::Inaccessible => write!(f, "the blobs in `{path}` cannot be used"),
            BlobErrorKind::Other => write!(f, "`{path}` cannot be read or written"),
        }
    }
}

impl Error for BlobError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| -> &(dyn Error + 'static) { source })
    }
}
