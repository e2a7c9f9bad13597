//! Why a selection cannot be made.

use std::fmt;
use std::io;

/// A selection that cannot be made.
#[derive(Debug)]
pub struct SelectionError {
    subject: String,
    kind: ErrorKind,
}

/// What is wrong.
#[derive(Debug)]
pub enum ErrorKind {
    /// The path is absolute.
    Absolute,
    /// The path holds `..`.
    Parent,
    /// The pattern is malformed, for this reason.
    Malformed(String),
    /// Nothing is there.
    Missing,
    /// A directory or a pattern selects no file.
    Empty,
    /// A name in the directory is not UTF-8.
    NotUtf8,
    /// The directory cannot be listed.
    Io(io::Error),
}

impl SelectionError {
    pub(crate) fn new(subject: &str, kind: ErrorKind) -> Self {
        Self {
            subject: subject.to_owned(),
            kind,
        }
    }

    pub(crate) fn io(path: &str, error: io::Error) -> Self {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let kind = match missing {
            true => ErrorKind::Missing,
            false => ErrorKind::Io(error),
        };
        Self::new(if path.is_empty() { "." } else { path }, kind)
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.kind {
            ErrorKind::Absolute => write!(
                f,
                "`{subject}` is absolute; paths start in the workspace and stay there"
            ),
            ErrorKind::Parent => write!(
                f,
                "`{subject}` holds `..`; paths start in the workspace and stay there"
            ),
            ErrorKind::Malformed(reason) => write!(f, "`{subject}` is no pattern: {reason}"),
            ErrorKind::Missing | ErrorKind::Empty if crate::pattern::is_pattern(subject) => {
                write!(f, "no file matches `{subject}`")
            }
            ErrorKind::Empty => write!(f, "there is no file in `{subject}`"),
            ErrorKind::Missing => write!(f, "`{subject}` is not in the workspace"),
            ErrorKind::NotUtf8 => write!(f, "`{subject}` holds a name that is not UTF-8"),
            ErrorKind::Io(error) => write!(f, "cannot list `{subject}`: {error}"),
        }
    }
}

impl std::error::Error for SelectionError {}
