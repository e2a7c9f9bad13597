//! Versions and their files, from Git.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use stepwell_culprit::{Ancestry, Archive, ExportError, Files, Range};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::Version;
use stepwell_report::hostile;
use stepwell_workspace::git::{
    Ancestry as GitAncestry, ExportLimits, Exporter, GitError, ObjectId, Repository,
};

/// The most changed files of a version that an oracle is told.
const MAX_CHANGED: usize = 1_000;

/// The history of a project, and the files of its versions in a folder of the search's own.
pub(crate) struct GitArchive {
    repository: Repository,
    exporter: Exporter,
    folder: PathBuf,
    exported: AtomicU64,
}

impl GitArchive {
    /// Files of versions are put into `folder`, which is there.
    pub(crate) fn new(repository: Repository, folder: &Path) -> Result<Self, GitError> {
        // A search that was killed leaves its files behind.
        let store = folder.join("contents");
        let leftovers = [store.clone(), folder.join("versions")];
        for leftover in leftovers.iter().filter(|leftover| leftover.exists()) {
            if let Err(error) = stepwell_workspace::remove(leftover) {
                tracing::warn!(%error, folder = %leftover.display(), "cannot remove files of versions");
            }
        }
        let versions = folder.join("versions");
        std::fs::create_dir_all(&versions).map_err(|source| GitError::System {
            doing: "make a folder for versions".to_owned(),
            source,
        })?;
        Ok(Self {
            exporter: Exporter::new(repository.clone(), &store)?,
            repository,
            folder: versions,
            exported: AtomicU64::new(0),
        })
    }

    /// Whose versions they are.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }
}

impl Archive for GitArchive {
    type Files = Export;

    fn range(
        &self,
        good: &[String],
        bad: &str,
        paths: &[String],
        first_parent: bool,
    ) -> Result<Range, String> {
        let range = self
            .repository
            .range(&ids(good)?, id(bad)?, paths, first_parent)
            .map_err(|error| words(&error))?;
        let texts = |ids: &[ObjectId]| ids.iter().map(ToString::to_string).collect();
        Ok(Range {
            ids: texts(&range.ids),
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
            GitAncestry::Ancestors => Ok(Ancestry::Ancestor),
            GitAncestry::Diverged { merge_bases } => Ok(Ancestry::Diverged {
                merge_bases: merge_bases.iter().map(ToString::to_string).collect(),
            }),
            GitAncestry::Unrelated { good } => Err(unrelated(&self.repository, good, bad)),
        }
    }

    fn describe(&self, wanted: &[String]) -> Result<Vec<Version>, String> {
        self.repository
            .versions(&ids(wanted)?)
            .map_err(|error| words(&error))
    }

    fn changed_paths(&self, wanted: &[String]) -> Result<Vec<Vec<String>>, String> {
        let commits: Vec<_> = self
            .describe(wanted)?
            .iter()
            .map(|version| {
                let parent = version.parents.first().map(|parent| id(parent));
                Ok((id(&version.id)?, parent.transpose()?))
            })
            .collect::<Result<_, String>>()?;
        self.repository
            .changed_paths(&commits, MAX_CHANGED)
            .map_err(|error| words(&error))
    }

    fn patch(&self, wanted: &str, limit: usize) -> Result<String, String> {
        let patch = self.repository.patch(id(wanted)?, limit);
        patch.map(|patch| patch.text).map_err(|error| words(&error))
    }

    fn export(&self, version: &Version, stop: &AtomicBool) -> Result<Export, ExportError> {
        let tree = id(&version.tree).map_err(ExportError::Missing)?;
        let number = self.exported.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(number.to_string());
        let exported = self
            .exporter
            .export(tree, &path, &ExportLimits::default(), stop);
        match exported {
            Ok(_) => Ok(Export(path)),
            Err(error) => Err(match &error {
                GitError::TooLarge { .. }
                | GitError::TooManyEntries { .. }
                | GitError::Entry { .. } => ExportError::Unfit(words(&error)),
                GitError::Missing { .. } => ExportError::Missing(words(&error)),
                _ => ExportError::Failed(words(&error)),
            }),
        }
    }
}

/// The files of a version. They are removed with it.
pub(crate) struct Export(PathBuf);

impl Files for Export {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Err(error) = stepwell_workspace::remove(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "cannot remove the files of a version");
        }
    }
}

fn id(text: &str) -> Result<ObjectId, String> {
    text.parse()
        .map_err(|_| format!("`{}` is no identifier of a version", hostile(text)))
}

fn ids(texts: &[String]) -> Result<Vec<ObjectId>, String> {
    texts.iter().map(|text| id(text)).collect()
}

fn unrelated(repository: &Repository, good: ObjectId, bad: &str) -> String {
    let message = format!("{good} and {bad} have no ancestor in common");
    match repository.facts().shallow {
        true => format!(
            "{message}: the clone is shallow; fetch the rest with `git fetch --unshallow`"
        ),
        false => format!("{message}, so nothing lies between them"),
    }
}

/// An error with its cause and what to do, in one line.
fn words(error: &GitError) -> String {
    let mut text = with_source(error);
    if let Some(help) = error.help() {
        text.push_str("; ");
        text.push_str(&help);
    }
    hostile(&text)
}

fn with_source(error: &GitError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// What is wrong with a repository, for people.
pub(crate) fn git_problem(error: &GitError) -> Diagnostic {
    let problem = Diagnostic::error("git", hostile(&with_source(error)));
    let help = error.help().map(|help| hostile(&help));
    help.into_iter().fold(problem, Diagnostic::help)
}
