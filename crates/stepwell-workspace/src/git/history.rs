//! The suspects of a search and how they descend from one another.

use super::{GitError, ObjectId, Repository};
use std::collections::{HashMap, HashSet};

/// The most characters of a line that names a commit and its parents: no merge of people has more
/// than the 1,500 parents that fit.
const MAX_LINE: usize = 100_000;

/// All ancestors of a bad commit that are no ancestors of a good one.
///
/// They are in topological order, parents before children, so the bad one is last. There are none if
/// the bad one is itself an ancestor of a good one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The commits.
    pub ids: Vec<ObjectId>,
    /// For each, the places of its parents in `ids`. Parents that are no suspects are left out; so
    /// are all but the first when only first parents are followed.
    pub parents: Vec<Vec<u32>>,
    /// Whether each counts: it changes one of the paths that were named. All do if none was named.
    ///
    /// It is what `git rev-list A..B -- PATHS` gives, as in `git bisect`: a merge counts if the
    /// paths are not as in any of its parents, and a line of which a merge took nothing does not.
    pub counts: Vec<bool>,
}

/// How good commits are related to the bad one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ancestry {
    /// Each good commit is an ancestor of the bad one, or the bad one itself.
    Ancestors,
    /// Some good commit is not. A judgement that was changed back on the way to it would mislead, so
    /// the commits where the lines part have to be judged first.
    Diverged {
        /// These, without those that are good themselves.
        merge_bases: Vec<ObjectId>,
    },
    /// This good commit and the bad one have no ancestor in common. In a shallow clone they may
    /// have one that was not fetched.
    Unrelated {
        /// The good commit.
        good: ObjectId,
    },
}

/// What exported files lack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacks {
    /// Folders that are empty because other repositories belong there.
    pub submodules: Vec<String>,
    /// Whether Git LFS keeps the content of some files elsewhere.
    pub pointers: bool,
}

impl Repository {
    /// Finds the suspects: see [`Range`]. `paths` are patterns as Git has them, from the project's
    /// folder.
    ///
    /// # Errors
    ///
    /// A commit is missing, or what a suspect descends from ([`GitError::Cut`]), or Git fails.
    pub fn range(
        &self,
        good: &[ObjectId],
        bad: ObjectId,
        paths: &[String],
        first_parent: bool,
    ) -> Result<Range, GitError> {
        let mut revisions = vec![bad.to_string()];
        revisions.extend(good.iter().map(|good| format!("^{good}")));
        let mut range = self.suspects(&revisions, first_parent)?;
        if self.facts.shallow {
            let ends = self.shallow_ends()?;
            if let Some(cut) = range.ids.iter().find(|id| ends.contains(id)) {
                return Err(GitError::Cut {
                    commit: cut.to_string(),
                });
            }
        }
        if !paths.is_empty() {
            let touching = self.touching(&revisions, paths, first_parent)?;
            range.counts = range.ids.iter().map(|id| touching.contains(id)).collect();
        }
        Ok(range)
    }

    /// The commits of a shallow clone whose parents were not fetched.
    fn shallow_ends(&self) -> Result<HashSet<ObjectId>, GitError> {
        let file = self.git.text(&[
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "shallow",
        ])?;
        let lines = std::fs::read(file.trim_end_matches('\n'))
            .map_err(|error| GitError::system("read where the shallow clone ends", error))?;
        let lines = lines.split(|byte| *byte == b'\n');
        Ok(lines.filter_map(ObjectId::parse).collect())
    }

    fn suspects(&self, revisions: &[String], first_parent: bool) -> Result<Range, GitError> {
        let mut args = vec!["rev-list", "--topo-order", "--reverse", "--parents"];
        if first_parent {
            args.push("--first-parent");
        }
        args.extend(revisions.iter().map(String::as_str));
        args.push("--");
        let mut stream = self.git.stream(&args, Vec::new())?;
        let mut range = Range::default();
        let mut places: HashMap<ObjectId, u32> = HashMap::new();
        while let Some(line) = stream.record(b'\n', MAX_LINE)? {
            let mut ids = line.split(|byte| *byte == b' ').map(ObjectId::parse);
            let id = ids.next().flatten().ok_or_else(|| stream.garbled())?;
            let parents = ids
                .take(if first_parent { 1 } else { usize::MAX })
                .filter_map(|parent| places.get(&parent?).copied())
                .collect();
            let place = u32::try_from(range.ids.len()).map_err(|_| stream.garbled())?;
            places.insert(id, place);
            range.ids.push(id);
            range.parents.push(parents);
        }
        stream.finish()?;
        range.counts = vec![true; range.ids.len()];
        Ok(range)
    }

    fn touching(
        &self,
        revisions: &[String],
        paths: &[String],
        first_parent: bool,
    ) -> Result<HashSet<ObjectId>, GitError> {
        let mut args = vec!["rev-list"];
        if first_parent {
            args.push("--first-parent");
        }
        args.extend(revisions.iter().map(String::as_str));
        args.push("--");
        args.extend(paths.iter().map(String::as_str));
        let mut stream = self.git.stream(&args, Vec::new())?;
        let mut touching = HashSet::new();
        while let Some(line) = stream.record(b'\n', MAX_LINE)? {
            touching.insert(ObjectId::parse(&line).ok_or_else(|| stream.garbled())?);
        }
        stream.finish()?;
        Ok(touching)
    }

    /// Whether `commit` or an ancestor of it changes `path`. If not, the path is probably misspelt.
    ///
    /// # Errors
    ///
    /// A commit is missing, or Git fails.
    pub fn ever_changed(&self, commit: ObjectId, path: &str) -> Result<bool, GitError> {
        let commit = commit.to_string();
        let args = ["rev-list", "--max-count=1", &commit, "--", path];
        Ok(!self.git.text(&args)?.is_empty())
    }

    /// What the files of a tree lack when they are exported.
    ///
    /// # Errors
    ///
    /// The tree is missing, or Git fails.
    pub fn lacks(&self, tree: ObjectId) -> Result<Lacks, GitError> {
        let tree = tree.to_string();
        let mut lacks = Lacks::default();
        let mut stream = self
            .git
            .stream(&["ls-tree", "-r", "-z", &tree], Vec::new())?;
        while let Some(entry) = stream.record(0, MAX_LINE)? {
            let Some(rest) = entry.strip_prefix(b"160000 ") else {
                continue;
            };
            let mut parts = rest.splitn(2, |byte| *byte == b'\t');
            let path = parts.nth(1).unwrap_or_default();
            lacks
                .submodules
                .push(String::from_utf8_lossy(path).into_owned());
        }
        stream.finish()?;
        let args = [
            "grep",
            "--quiet",
            "--fixed-strings",
            "-e",
            "filter=lfs",
            &tree,
            "--",
            ":(glob)**/.gitattributes",
        ];
        lacks.pointers = self.git.stream(&args, Vec::new())?.answer(1)?;
        Ok(lacks)
    }

    /// Whether `older` is `newer` or an ancestor of it.
    ///
    /// # Errors
    ///
    /// A commit is missing, or Git fails.
    pub fn is_ancestor(&self, older: ObjectId, newer: ObjectId) -> Result<bool, GitError> {
        let (older, newer) = (older.to_string(), newer.to_string());
        let args = ["merge-base", "--is-ancestor", &older, &newer];
        self.git.stream(&args, Vec::new())?.answer(1)
    }

    /// How the good commits are related to the bad one.
    ///
    /// # Errors
    ///
    /// A commit is missing, or Git fails.
    pub fn ancestry(&self, good: &[ObjectId], bad: ObjectId) -> Result<Ancestry, GitError> {
        let mut merge_bases = Vec::new();
        let mut diverged = false;
        for good in good {
            if self.is_ancestor(*good, bad)? {
                continue;
            }
            diverged = true;
            let bases = self.merge_bases(*good, bad)?;
            if bases.is_empty() {
                return Ok(Ancestry::Unrelated { good: *good });
            }
            merge_bases.extend(bases);
        }
        if !diverged {
            return Ok(Ancestry::Ancestors);
        }
        let mut seen: HashSet<ObjectId> = good.iter().copied().collect();
        merge_bases.retain(|base| seen.insert(*base));
        Ok(Ancestry::Diverged { merge_bases })
    }

    /// The best common ancestors of two commits: none if their histories are unrelated.
    ///
    /// # Errors
    ///
    /// A commit is missing, or Git fails.
    pub fn merge_bases(&self, one: ObjectId, other: ObjectId) -> Result<Vec<ObjectId>, GitError> {
        let (one, other) = (one.to_string(), other.to_string());
        let args = ["merge-base", "--all", &one, &other];
        let mut stream = self.git.stream(&args, Vec::new())?;
        let mut bases = Vec::new();
        while let Some(line) = stream.record(b'\n', MAX_LINE)? {
            bases.push(ObjectId::parse(&line).ok_or_else(|| stream.garbled())?);
        }
        stream.answer(1).map(|_| bases)
    }

    /// The tree of the project's folder in each commit.
    pub(super) fn project_trees(&self, commits: &[ObjectId]) -> Result<Vec<ObjectId>, GitError> {
        let prefix = &self.facts.prefix;
        let mut input = String::new();
        for commit in commits {
            input.push_str(&format!("{commit}:{prefix}\n"));
        }
        let args = ["cat-file", "--batch-check=%(objectname) %(objecttype)"];
        let mut stream = self.git.stream(&args, input.into_bytes())?;
        let mut trees = Vec::with_capacity(commits.len());
        for commit in commits {
            let line = stream.record(b'\n', MAX_LINE)?;
            let line = line.ok_or_else(|| stream.garbled())?;
            let tree = line.strip_suffix(b" tree").and_then(ObjectId::parse);
            if tree.is_none() && self.facts.partial {
                // It may be there and only not have been fetched.
                let commit = commit.to_string();
                self.git
                    .text(&["ls-tree", "--full-tree", &commit, "--", prefix])?;
            }
            trees.push(tree.unwrap_or(self.empty_tree));
        }
        stream.finish()?;
        Ok(trees)
    }

    /// The tree of the project's folder in a commit; the empty tree where it does not exist.
    ///
    /// # Errors
    ///
    /// The commit is missing, or Git fails.
    pub fn project_tree(&self, commit: ObjectId) -> Result<ObjectId, GitError> {
        if self.facts.prefix.is_empty() {
            return self
                .git
                .id(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")]);
        }
        let trees = self.project_trees(&[commit])?;
        Ok(trees.first().copied().unwrap_or(self.empty_tree))
    }
}
