//! Why a repository could not be read.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a repository could not be read. [`GitError::help`] says what to do. Texts in it may come from
/// the repository: neutralise them before showing them.
#[derive(Debug)]
pub enum GitError {
    /// There is no program `git`.
    NotInstalled,
    /// The program is older than what is needed.
    TooOld {
        /// What it says of its version.
        found: String,
    },
    /// The folder is in no repository.
    NoRepository {
        /// The folder.
        path: String,
    },
    /// The repository belongs to somebody else, so Git does not read it.
    Untrusted {
        /// What Git says.
        message: String,
    },
    /// What was given as a revision names no commit.
    Revision {
        /// As it was given.
        revision: String,
        /// What is wrong with it.
        problem: RevisionProblem,
    },
    /// An object is not in the repository.
    Missing {
        /// Its identifier.
        object: String,
        /// Whether the repository has only the end of its history.
        shallow: bool,
        /// Whether objects were left out when it was cloned.
        partial: bool,
    },
    /// What a commit descends from was not fetched, so it would be blamed for what is older.
    Cut {
        /// The commit.
        commit: String,
    },
    /// The files of a version have more bytes than are wanted.
    TooLarge {
        /// The bytes that they have.
        bytes: u64,
        /// The most bytes that they may have.
        limit: u64,
    },
    /// A version has more files and folders than are wanted.
    TooManyEntries {
        /// The most that it may have.
        limit: usize,
    },
    /// A version has a file or folder that must not or cannot be made.
    Entry {
        /// Its path.
        path: String,
        /// What is wrong with it, to come after the path.
        why: &'static str,
    },
    /// It was told to stop.
    Stopped,
    /// Git failed in another way.
    Failed {
        /// The command of Git.
        command: String,
        /// What it said.
        message: String,
    },
    /// The operating system failed.
    System {
        /// What was being done.
        doing: String,
        /// How it failed.
        source: io::Error,
    },
}

/// What is wrong with a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionProblem {
    /// Nothing has that name.
    Unknown {
        /// A branch or tag that was perhaps meant.
        similar: Option<String>,
        /// Whether the repository has only the end of its history.
        shallow: bool,
    },
    /// More than one object begins with these digits.
    Ambiguous,
    /// It is something else than a commit.
    NotACommit {
        /// What it is: `tree` or `blob`.
        kind: String,
    },
    /// It is empty, looks like an option, or has a character that no revision has.
    Malformed,
}

/// The oldest Git that is good enough, as (major, minor): the first that takes configuration from
/// the environment.
pub(super) const OLDEST: (u32, u32) = (2, 31);

impl GitError {
    pub(super) fn system(doing: &str, source: io::Error) -> Self {
        Self::System {
            doing: doing.to_owned(),
            source,
        }
    }

    /// What to do about it, as one lowercase fragment.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        const DEEPEN: &str = "fetch the rest with `git fetch --unshallow`";
        Some(match self {
            Self::NotInstalled => "install Git, and check that `git` is in PATH".to_owned(),
            Self::TooOld { .. } => format!("install Git {}.{} or newer", OLDEST.0, OLDEST.1),
            Self::NoRepository { .. } => {
                "name a folder in a working tree of Git with `--project`".to_owned()
            }
            Self::Untrusted { .. } => {
                "if you trust its owner, add it with `git config --global --add safe.directory PATH`"
                    .to_owned()
            }
            Self::Revision { problem, .. } => match problem {
                RevisionProblem::Unknown {
                    similar,
                    shallow: true,
                } => {
                    let similar = similar.iter().map(|name| format!("did you mean `{name}`? "));
                    let similar: String = similar.collect();
                    format!("{similar}older commits are not in this shallow clone; {DEEPEN}")
                }
                RevisionProblem::Unknown {
                    similar: Some(similar),
                    ..
                } => format!("did you mean `{similar}`?"),
                RevisionProblem::Unknown { .. } => {
                    "name a branch, a tag or a commit; `git fetch --tags` gets those of others"
                        .to_owned()
                }
                RevisionProblem::Ambiguous => "give more digits".to_owned(),
                RevisionProblem::NotACommit { .. } => "name a commit, or a tag of one".to_owned(),
                RevisionProblem::Malformed => {
                    "name a branch, a tag or a commit; `refs/heads/NAME` names any branch"
                        .to_owned()
                }
            },
            Self::Cut { .. } => {
                format!("the clone is shallow; {DEEPEN}")
            }
            Self::Missing { shallow: true, .. } => {
                format!("the clone is shallow; {DEEPEN}")
            }
            Self::Missing { partial: true, .. } => {
                "the clone is partial and nothing is fetched during a search; get all objects with \
                 `git fetch --refetch --no-filter`"
                    .to_owned()
            }
            Self::Missing { .. } => {
                "the repository is damaged; see what `git fsck` says, or clone it again".to_owned()
            }
            Self::TooLarge { .. } | Self::TooManyEntries { .. } => {
                "name a smaller project with `--project`, or raise the limit".to_owned()
            }
            Self::Entry { .. } => "skip this version".to_owned(),
            Self::Stopped | Self::Failed { .. } | Self::System { .. } => return None,
        })
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => f.write_str("the program `git` was not found"),
            Self::TooOld { found } => write!(f, "`{found}` is too old"),
            Self::NoRepository { path } => write!(f, "`{path}` is in no Git repository"),
            Self::Untrusted { message } => {
                write!(f, "Git does not trust the repository: {message}")
            }
            Self::Revision { revision, problem } => match problem {
                RevisionProblem::Unknown { .. } => write!(f, "there is no revision `{revision}`"),
                RevisionProblem::Ambiguous => {
                    write!(f, "more than one object begins with `{revision}`")
                }
                RevisionProblem::NotACommit { kind } => {
                    write!(f, "`{revision}` is a {kind}, not a commit")
                }
                RevisionProblem::Malformed => write!(f, "`{revision}` is not a revision"),
            },
            Self::Missing { object, .. } => {
                write!(f, "the object {object} is not in the repository")
            }
            Self::Cut { commit } => write!(
                f,
                "what {commit} descends from was not fetched, so nobody can be blamed for sure"
            ),
            Self::TooLarge { bytes, limit } => write!(
                f,
                "the files of this version have {bytes} bytes, but may have {limit} at most"
            ),
            Self::TooManyEntries { limit } => {
                write!(f, "this version has more than {limit} files and folders")
            }
            Self::Entry { path, why } => write!(f, "`{path}` {why}"),
            Self::Stopped => f.write_str("stopped before its end"),
            Self::Failed { command, message } => write!(f, "`git {command}` failed: {message}"),
            Self::System { doing, .. } => write!(f, "failed to {doing}"),
        }
    }
}

impl Error for GitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
