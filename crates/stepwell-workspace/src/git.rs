//! Reading a Git repository: which versions there are, what is in them, and their files in a folder
//! of their own.
//!
//! The `git` program does the reading, since it knows every form that a repository can have. It is
//! told to do no more than that: no program that the repository, its configuration or the
//! environment names is run, nothing is fetched, no lock is taken, and nothing is checked out. Files
//! of a version come from the object store as they were committed, without filters and attributes.
//!
//! Replaced objects and grafts are ignored. An identifier means the same commit for everybody, so
//! a verdict on it can be shared.
//!
//! All calls block.

mod blobs;
mod command;
mod error;
mod export;
mod history;
mod id;
mod listing;
mod revision;
mod target;
mod version;

pub use error::{GitError, RevisionProblem};
pub use export::{ExportLimits, Exported, Exporter, MAX_NAMED};
pub use history::{Ancestry, Lacks, Range};
pub use id::{NoObjectId, ObjectId};
pub use version::{MAX_PERSON, MAX_SUBJECT, Patch};

use command::Git;
use std::collections::BTreeSet;
use std::path::Path;

/// The most changed files that are named as the reason why a working tree is dirty.
pub const MAX_DIRTY: usize = 100;

/// The most bytes of the name of something that is configured.
const MAX_KEY: usize = 64 << 10;

/// A repository, and in it the folder of a project.
#[derive(Debug, Clone)]
pub struct Repository {
    git: Git,
    facts: Facts,
    empty_tree: ObjectId,
}

/// What a repository is like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its history ends somewhere, because older commits were not fetched.
    pub shallow: bool,
    /// Objects were left out when it was cloned.
    pub partial: bool,
    /// It has no working tree.
    pub bare: bool,
    /// The project's folder in the repository, without `/` at its ends; empty for the repository's
    /// own.
    pub prefix: String,
}

impl Repository {
    /// Opens the repository that the folder `project` is in.
    ///
    /// # Errors
    ///
    /// There is no `git`, it is too old, the folder is in no repository, or Git does not trust it.
    pub fn open(project: &Path) -> Result<Self, GitError> {
        let mut git = Git::new(project)?;
        let flags = git.text(&[
            "rev-parse",
            "--is-shallow-repository",
            "--is-bare-repository",
        ])?;
        let mut flags = flags.lines().map(|flag| flag == "true");
        let mut facts = Facts {
            shallow: flags.next().unwrap_or_default(),
            bare: flags.next().unwrap_or_default(),
            ..Facts::default()
        };
        if !facts.bare {
            let prefix = git.text(&["rev-parse", "--show-prefix"])?;
            facts.prefix = prefix.trim_end_matches(['\n', '/']).to_owned();
        }
        if facts.prefix.contains(['\n', char::REPLACEMENT_CHARACTER]) {
            return Err(GitError::Entry {
                path: facts.prefix,
                why: "is a folder whose name is not one line of UTF-8",
            });
        }
        let mut filters = BTreeSet::new();
        // Names are bytes: a filter whose name is not UTF-8 is one as well.
        let mut config = git.stream(&["config", "-z", "--list", "--name-only"], Vec::new())?;
        while let Some(name) = config.record(0, MAX_KEY)? {
            facts.partial |= name == b"extensions.partialclone"
                || name.starts_with(b"remote.")
                    && (name.ends_with(b".promisor") || name.ends_with(b".partialclonefilter"));
            if name.starts_with(b"filter.")
                && let Some(end) = name.iter().rposition(|byte| *byte == b'.')
            {
                filters.extend(name.get(..end).map(<[u8]>::to_vec));
            }
        }
        config.finish()?;
        git.switch_off_filters(filters);
        (git.shallow, git.partial) = (facts.shallow, facts.partial);
        // The input is empty, and so is the tree whose identifier comes back.
        let empty_tree = git.id(&["hash-object", "-t", "tree", "--stdin"])?;
        Ok(Self {
            git,
            facts,
            empty_tree,
        })
    }

    /// What the repository is like.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Files of the project that are not as they were committed, at most [`MAX_DIRTY`]. Files that
    /// Git does not know are none of them. Without filters a file whose filter was configured later
    /// may be named as well.
    ///
    /// # Errors
    ///
    /// Git fails.
    pub fn dirty(&self) -> Result<Vec<String>, GitError> {
        if self.facts.bare {
            return Ok(Vec::new());
        }
        let args = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=no",
            "--no-renames",
            "--ignore-submodules=all",
            "--",
            ".",
        ];
        let mut stream = self.git.stream(&args, Vec::new())?;
        let mut names = Vec::new();
        while names.len() < MAX_DIRTY {
            let Some(record) = stream.record(0, version::MAX_PATH)? else {
                stream.finish()?;
                return Ok(names);
            };
            let name = record.get(3..).unwrap_or_default();
            names.push(String::from_utf8_lossy(name).into_owned());
        }
        Ok(names)
    }
}
