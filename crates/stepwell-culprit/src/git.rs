//! Versions of a Git repository.

use crate::archive::{Ancestry, Archive, ExportError, Files, Range};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use stepwell_event::Version;
use stepwell_workspace::{ExportLimits, Exporter, GitError, ObjectId, Repository};

/// The most changed paths of a version that are told.
const MAX_PATHS: usize = 1_000;

/// A Git repository, and a folder for the files of its versions.
#[derive(Debug)]
pub struct GitArchive {
    repository: Repository,
    exporter: Exporter,
    folder: PathBuf,
    limits: ExportLimits,
    next: AtomicU64,
}

impl GitArchive {
    /// Exports versions of `repository` to `folder`, which is there and belongs to this search alone.
    ///
    /// # Errors
    ///
    /// The folder cannot be used.
    pub fn new(
        repository: Repository,
        folder: &Path,
        limits: ExportLimits,
    ) -> Result<Self, GitError> {
        // A process that was killed may have left its own behind.
        let contents = folder.join(format!("contents-{}", std::process::id()));
        Ok(Self {
            exporter: Exporter::new(repository.clone(), &contents)?,
            repository,
            folder: folder.to_owned(),
            limits,
            next: AtomicU64::new(0),
        })
    }
}

/// The files of a version, removed when this is dropped.
#[derive(Debug)]
pub struct GitFiles {
    path: PathBuf,
}

impl Files for GitFiles {
    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for GitFiles {
    fn drop(&mut self) {
        if let Err(error) = stepwell_workspace::remove(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "not removed");
        }
    }
}

impl Archive for GitArchive {
    type Files = GitFiles;

    fn range(
        &self,
        good: &[String],
        bad: &str,
        paths: &[String],
        first_parent: bool,
    ) -> Result<Range, String> {
        let good = ids(good)?;
        let range = self
            .repository
            .range(&good, id(bad)?, paths, first_parent)
            .map_err(|error| words(&error))?;
        Ok(Range {
            ids: range.ids.iter().map(ToString::to_string).collect(),
            parents: range.parents,
            counts: range.counts,
        })
    }

    fn ancestry(&self, good: &str, bad: &str) -> Result<Ancestry, String> {
        let ancestry = self
            .repository
            .ancestry(&[id(good)?], id(bad)?)
            .map_err(|error| words(&error))?;
        match ancestry {
            stepwell_workspace::Ancestry::Ancestors => Ok(Ancestry::Ancestor),
            stepwell_workspace::Ancestry::Diverged { merge_bases } => Ok(Ancestry::Diverged {
                merge_bases: merge_bases.iter().map(ToString::to_string).collect(),
            }),
            stepwell_workspace::Ancestry::Unrelated { good } => {
                let shallow = match self.repository.facts().shallow {
                    true => {
                        "; this clone has only the end of its history: `git fetch --unshallow` gets the rest"
                    }
                    false => "",
                };
                Err(format!(
                    "{good} and {bad} have no ancestor in common{shallow}"
                ))
            }
        }
    }

    fn describe(&self, commits: &[String]) -> Result<Vec<Version>, String> {
        let versions = self.repository.versions(&ids(commits)?);
        versions.map_err(|error| words(&error))
    }

    fn changed_paths(&self, commits: &[String]) -> Result<Vec<Vec<String>>, String> {
        let described = self.describe(commits)?;
        let mut pairs = Vec::with_capacity(described.len());
        for version in &described {
            let parent = version.parents.first().map(|parent| id(parent));
            pairs.push((id(&version.id)?, parent.transpose()?));
        }
        let changed = self.repository.changed_paths(&pairs, MAX_PATHS);
        changed.map_err(|error| words(&error))
    }

    fn patch(&self, commit: &str, limit: usize) -> Result<String, String> {
        let patch = self.repository.patch(id(commit)?, limit);
        patch.map(|patch| patch.text).map_err(|error| words(&error))
    }

    fn lacks(&self, version: &Version) -> Result<Vec<String>, String> {
        let lacks = self.repository.lacks(id(&version.tree)?);
        let lacks = lacks.map_err(|error| words(&error))?;
        let mut sentences = Vec::new();
        if let Some(first) = lacks.submodules.first() {
            let more = match lacks.submodules.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            sentences.push(format!(
                "Submodules are empty folders in every version: `{first}`{more}."
            ));
        }
        if lacks.pointers {
            sentences.push(
                "Files that Git LFS keeps elsewhere are pointers of three lines in every version."
                    .to_owned(),
            );
        }
        Ok(sentences)
    }

    fn export(&self, version: &Version, stop: &AtomicBool) -> Result<GitFiles, ExportError> {
        let tree = id(&version.tree).map_err(ExportError::Missing)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("version-{}-{number}", std::process::id());
        let path = self.folder.join(name);
        let exported = self.exporter.export(tree, &path, &self.limits, stop);
        exported.map_err(|error| {
            let words = words(&error);
            match error {
                GitError::TooLarge { .. }
                | GitError::TooManyEntries { .. }
                | GitError::Entry { .. } => ExportError::Unfit(words),
                GitError::System { .. } | GitError::Stopped => ExportError::Failed(words),
                _ => ExportError::Missing(words),
            }
        })?;
        Ok(GitFiles { path })
    }
}

fn id(text: &str) -> Result<ObjectId, String> {
    let parsed = text.parse::<ObjectId>();
    parsed.map_err(|error| format!("`{text}` is no version: {error}"))
}

fn ids(texts: &[String]) -> Result<Vec<ObjectId>, String> {
    texts.iter().map(|text| id(text)).collect()
}

fn words(error: &GitError) -> String {
    match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}
