//! Where versions come from.
//!
//! The search itself knows nothing of Git: it is told of a range as data and asks for the files of a
//! version when they are needed.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use stepwell_event::Version;

/// A project's history and the files of its versions. All calls block, and any number of them may be
/// under way at once.
pub trait Archive: Send + Sync + 'static {
    /// A folder with the files of a version. It is removed, or free for others, when this is dropped.
    type Files: Files;

    /// Finds the suspects: see [`Range`]. `good` and `bad` are identifiers of versions.
    ///
    /// # Errors
    ///
    /// In words for people: a version is missing or not connected with the others, or the history
    /// cannot be read.
    fn range(
        &self,
        good: &[String],
        bad: &str,
        paths: &[String],
        first_parent: bool,
    ) -> Result<Range, String>;

    /// How one good version is related to the bad one.
    ///
    /// # Errors
    ///
    /// As for [`Archive::range`].
    fn ancestry(&self, good: &str, bad: &str) -> Result<Ancestry, String>;

    /// What is told of versions, in the order of `ids`.
    ///
    /// # Errors
    ///
    /// A version is missing, or the history cannot be read.
    fn describe(&self, ids: &[String]) -> Result<Vec<Version>, String>;

    /// The files that each version changed against its first parent, at most 1,000 of each.
    ///
    /// # Errors
    ///
    /// A version is missing, or the history cannot be read.
    fn changed_paths(&self, ids: &[String]) -> Result<Vec<Vec<String>>, String>;

    /// What a version changed against its first parent, as a unified diff of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// The version is missing, or the history cannot be read.
    fn patch(&self, id: &str, limit: usize) -> Result<String, String>;

    /// What the files of a version lack when they are exported, in sentences.
    ///
    /// # Errors
    ///
    /// The version is missing, or the history cannot be read.
    fn lacks(&self, version: &Version) -> Result<Vec<String>, String>;

    /// The files of a version in a folder of their own, which nobody may change.
    ///
    /// # Errors
    ///
    /// See [`ExportError`].
    fn export(&self, version: &Version, stop: &AtomicBool) -> Result<Self::Files, ExportError>;
}

/// A folder with the files of a version.
pub trait Files: Send + Sync + 'static {
    /// The folder on the host.
    fn path(&self) -> &Path;
}

/// The suspects of a search: all ancestors of a bad version that are no ancestors of a good one, in
/// topological order, parents before children. The bad one is last. There are none if the bad one is
/// an ancestor of a good one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The versions' identifiers.
    pub ids: Vec<String>,
    /// For each, the places of its parents in `ids`; parents that are no suspects are left out.
    pub parents: Vec<Vec<u32>>,
    /// Whether each counts: it changes one of the paths that were named.
    pub counts: Vec<bool>,
}

/// How a good version is related to the bad one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ancestry {
    /// It is an ancestor of it, or the same.
    Ancestor,
    /// It is not. These versions are where the lines part.
    Diverged {
        /// Identifiers, without the good version itself.
        merge_bases: Vec<String>,
    },
}

/// Why the files of a version are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportError {
    /// The version itself is the reason, such as more files than there may be. It cannot be judged,
    /// and others may.
    Unfit(String),
    /// What is needed is not in the repository, so the search cannot go on.
    Missing(String),
    /// The machine failed. It may work another time.
    Failed(String),
}
