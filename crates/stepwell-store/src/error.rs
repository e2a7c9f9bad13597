//! Why the journal could not do its work.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the journal could not do its work. It names the file; [`JournalError::help`] says what to do.
///
/// It is cheap to clone: a failed commit answers every later flush.
#[derive(Debug, Clone)]
pub struct JournalError {
    path: PathBuf,
    kind: JournalErrorKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kinds of [`JournalError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalErrorKind {
    /// The directory or a file in it cannot be created or opened.
    Inaccessible,
    /// The file is no journal, or it is damaged.
    Damaged,
    /// A newer Stepwell wrote it.
    NewerSchema {
        /// The version that was found.
        found: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// The disk is full.
    DiskFull,
    /// The file or its directory cannot be written to.
    ReadOnly,
    /// Another process kept it locked for too long.
    Busy,
    /// A process is at work on the run or the search already.
    AlreadyClaimed,
    /// A counter has given its highest number.
    CounterAtEnd,
    /// The journal was closed, or the runtime that it was opened on has ended.
    Closed,
    /// Anything else that the database or the disk reports.
    Other,
}

impl JournalError {
    pub(crate) fn new(path: &Path, kind: JournalErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            source: None,
        }
    }

    pub(crate) fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Sorts an error of the database by SQLite's primary result code.
    pub(crate) fn database(path: &Path, error: sqlx::Error) -> Self {
        let kind = match result_code(&error).map(|code| code & 0xff) {
            Some(5 | 6) => JournalErrorKind::Busy,
            Some(8) => JournalErrorKind::ReadOnly,
            Some(11 | 26) => JournalErrorKind::Damaged,
            Some(13) => JournalErrorKind::DiskFull,
            Some(14) => JournalErrorKind::Inaccessible,
            _ => JournalErrorKind::Other,
        };
        Self::new(path, kind).caused_by(error)
    }

    /// What went wrong, to branch on.
    #[must_use]
    pub fn kind(&self) -> &JournalErrorKind {
        &self.kind
    }

    /// The file or directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to do about it, as one lowercase fragment.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let path = self.path.display();
        Some(match &self.kind {
            JournalErrorKind::Inaccessible | JournalErrorKind::ReadOnly => {
                format!("check that you may write to `{path}` and its directory")
            }
            JournalErrorKind::Damaged => format!(
                "move `{path}` and the files beside it that end in `-wal` and `-shm` away; the next run starts a new journal"
            ),
            JournalErrorKind::NewerSchema { .. } => format!(
                "use the newer stepwell that wrote it, or move `{path}` away to start a new journal"
            ),
            JournalErrorKind::DiskFull => "free some disk space and run again".to_owned(),
            JournalErrorKind::Busy => {
                "wait for the other stepwell process to end, or stop it".to_owned()
            }
            JournalErrorKind::CounterAtEnd => {
                "give the counter another prefix, or a lower seed with it".to_owned()
            }
            JournalErrorKind::AlreadyClaimed
            | JournalErrorKind::Closed
            | JournalErrorKind::Other => return None,
        })
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            JournalErrorKind::Inaccessible => write!(f, "the journal `{path}` cannot be opened"),
            JournalErrorKind::Damaged => {
                write!(f, "`{path}` is damaged, or is not a journal of stepwell")
            }
            JournalErrorKind::NewerSchema { found, known } => write!(
                f,
                "the journal `{path}` has schema version {found}, but this stepwell knows versions up to {known}"
            ),
            JournalErrorKind::DiskFull => {
                write!(f, "the disk is full: the journal `{path}` cannot grow")
            }
            JournalErrorKind::ReadOnly => write!(f, "the journal `{path}` is read-only"),
            JournalErrorKind::Busy => {
                write!(f, "the journal `{path}` is locked by another process")
            }
            JournalErrorKind::AlreadyClaimed => {
                write!(f, "a process is at work on `{path}` already")
            }
            JournalErrorKind::CounterAtEnd => write!(
                f,
                "a counter in the journal `{path}` has given its highest number"
            ),
            JournalErrorKind::Closed => write!(f, "the journal `{path}` is closed"),
            JournalErrorKind::Other => write!(f, "the journal `{path}` failed"),
        }
    }
}

impl Error for JournalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| -> &(dyn Error + 'static) { source })
    }
}

/// SQLite's extended result code, if the error came from SQLite.
pub(crate) fn result_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}
