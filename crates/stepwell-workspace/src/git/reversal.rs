//! The files of a version without what some commits changed.
//!
//! Git merges in memory: what a commit changed is taken back by merging a version with the commit's
//! parent, with the commit as their base. The objects that come of it go to a store beside the
//! repository, which is only read, and no checkout is looked at. Programs that the repository's
//! configuration names for merging are not run; the files that they are for are in conflict.

use super::error::OLDEST_TO_REVERT;
use super::version::MAX_PATH;
use super::{GitError, MAX_NAMED, ObjectId, Repository};
use std::fs;
use std::path::{Path, PathBuf};

/// A store for what a repository has not, removed when this is dropped.
#[derive(Debug)]
pub struct Reversal {
    repository: Repository,
    path: PathBuf,
}

impl Reversal {
    /// Makes the folder `store` for new objects.
    ///
    /// # Errors
    ///
    /// Git is too old, or fails; or the folder is there already or cannot be made.
    pub fn new(repository: &Repository, store: &Path) -> Result<Self, GitError> {
        let mut repository = repository.clone();
        if repository.git.version < OLDEST_TO_REVERT {
            let found = repository.git.version;
            return Err(GitError::CannotRevert { found });
        }
        let objects = [
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ];
        let objects = repository.git.text(&objects)?;
        let failed = |error| GitError::system("make a folder for objects of Git", error);
        fs::create_dir(store).map_err(failed)?;
        let path = store.to_owned();
        // Names of all forms are allowed in this file, unlike in a variable.
        let info = store.join("info");
        fs::create_dir(&info).map_err(failed)?;
        fs::write(info.join("alternates"), objects).map_err(failed)?;
        for (key, value) in [
            // The same for everybody.
            ("core.attributesFile", "/dev/null"),
            ("merge.default", "text"),
            ("merge.directoryRenames", "false"),
            ("merge.renames", "true"),
            ("merge.renormalize", "false"),
        ] {
            repository.git.set(key, value);
        }
        repository.git = repository.git.with("GIT_OBJECT_DIRECTORY", store);
        Ok(Self { repository, path })
    }

    /// The repository together with what was added to it.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tree of the project's folder in `commit` without what `reverted` changed: pairs of a commit
    /// and the parent that it is compared with, the one that is taken back first at the beginning. Each
    /// is an ancestor of `commit`, or `commit` itself.
    ///
    /// # Errors
    ///
    /// [`GitError::Conflict`] if a change cannot be taken back; or a commit is missing, or Git fails.
    pub fn without(
        &self,
        commit: ObjectId,
        reverted: &[(ObjectId, Option<ObjectId>)],
    ) -> Result<ObjectId, GitError> {
        let mut current = commit;
        for (change, before) in reverted {
            let before = match before {
                Some(before) => *before,
                None => self.commit(self.repository.empty_tree)?,
            };
            let tree = self.merge(commit, current, *change, before)?;
            current = self.commit(tree)?;
        }
        self.repository.project_tree(current)
    }

    /// Takes from `current` what was done between `before` and `change`. Attributes are those of
    /// `commit`.
    fn merge(
        &self,
        commit: ObjectId,
        current: ObjectId,
        change: ObjectId,
        before: ObjectId,
    ) -> Result<ObjectId, GitError> {
        let base = format!("--merge-base={change}");
        let (current, before) = (current.to_string(), before.to_string());
        let args = [
            "merge-tree",
            "--write-tree",
            "--name-only",
            "--no-messages",
            "-z",
            &base,
            &current,
            &before,
        ];
        let git = self.repository.git.clone();
        let git = git.with("GIT_ATTR_SOURCE", commit.to_string());
        let mut stream = git.stream(&args, Vec::new())?;
        let tree = stream.record(0, MAX_PATH)?;
        let mut paths = Vec::new();
        let mut conflicts = 0usize;
        while let Some(path) = stream.record(0, MAX_PATH)? {
            if !self.is_inside(&path) {
                continue;
            }
            conflicts += 1;
            if paths.len() < MAX_NAMED {
                paths.push(String::from_utf8_lossy(&path).into_owned());
            }
        }
        let garbled = stream.garbled();
        // What is in conflict outside of the project is not seen by anybody.
        stream.answer(1)?;
        let tree = tree.as_deref().and_then(ObjectId::parse).ok_or(garbled)?;
        match conflicts {
            0 => Ok(tree),
            _ => Err(GitError::Conflict {
                commit: change.to_string(),
                paths,
            }),
        }
    }

    /// Whether a path of the repository is in the project's folder.
    fn is_inside(&self, path: &[u8]) -> bool {
        let prefix = self.repository.facts.prefix.as_bytes();
        match path.strip_prefix(prefix) {
            Some(rest) => prefix.is_empty() || rest.first().is_none_or(|next| *next == b'/'),
            // The folder itself may be in conflict with a file.
            None => prefix
                .strip_prefix(path)
                .is_some_and(|rest| rest.first() == Some(&b'/')),
        }
    }

    /// A commit of a tree: Git merges nothing else.
    fn commit(&self, tree: ObjectId) -> Result<ObjectId, GitError> {
        let text = format!(
            "tree {tree}\nauthor Stepwell <> 0 +0000\ncommitter Stepwell <> 0 +0000\n\nreverted\n"
        );
        let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
        self.repository.git.id_of(&args, text.into_bytes())
    }
}

impl Drop for Reversal {
    fn drop(&mut self) {
        // There is nobody to tell; what is left is in a folder for such things.
        let _ = crate::remove(&self.path);
    }
}
