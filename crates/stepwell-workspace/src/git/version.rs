//! What is told of a version, and what it changes.

use super::command::Stream;
use super::{GitError, ObjectId, Repository};
use std::collections::HashMap;
use std::io::Read as _;
use stepwell_event::{Person, Version};

/// The most bytes of a subject.
pub const MAX_SUBJECT: usize = 1024;

/// The most bytes of a person's name, and of their address.
pub const MAX_PERSON: usize = 256;

/// The most bytes of a path that is told.
pub(super) const MAX_PATH: usize = 4096;

/// The most bytes of the hashes of a commit's parents that are told.
const MAX_PARENTS: usize = 64 << 10;

/// A change as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// A unified diff. What is not UTF-8 is replaced.
    pub text: String,
    /// Whether its end is missing, because it is longer than was wanted.
    pub truncated: bool,
}

impl Repository {
    /// What is told of each commit. Texts are as the commits have them, apart from their lengths:
    /// neutralise them before showing them. The tree is that of the project's folder.
    ///
    /// # Errors
    ///
    /// A commit is missing, or Git fails.
    pub fn versions(&self, commits: &[ObjectId]) -> Result<Vec<Version>, GitError> {
        // One field in a line: neither names nor subjects have line breaks.
        const FORMAT: &str = "--format=%H%n%P%n%T%n%an%n%ae%n%aI%n%s";
        let args = [
            "log",
            "--no-walk=unsorted",
            "--stdin",
            "-z",
            "--encoding=UTF-8",
            "--no-color",
            FORMAT,
        ];
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let mut stream = self.git.stream(&args, lines(commits))?;
        let mut versions = HashMap::new();
        while let Some(id) = stream.record(b'\n', MAX_SUBJECT)? {
            let version = version(&mut stream, id)?;
            versions.insert(version.id.clone(), version);
        }
        stream.finish()?;
        let find = |id: &ObjectId| {
            let id = id.to_string();
            let version = versions.get(&id).cloned();
            version.ok_or_else(|| self.git.missing(&id))
        };
        let mut versions: Vec<Version> = commits.iter().map(find).collect::<Result<_, _>>()?;
        if !self.facts.prefix.is_empty() {
            for (version, tree) in versions.iter_mut().zip(self.project_trees(commits)?) {
                version.tree = tree.to_string();
            }
        }
        Ok(versions)
    }

    /// What a commit changes in the project, as compared with its first parent: at most `max` bytes.
    /// Paths are seen from the project's folder.
    ///
    /// # Errors
    ///
    /// The commit is missing, or Git fails.
    pub fn patch(&self, commit: ObjectId, max: usize) -> Result<Patch, GitError> {
        let sides = self.sides(commit)?;
        let mut args = vec![
            "diff-tree",
            "-p",
            "-r",
            "--root",
            "--no-commit-id",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--find-renames",
            "--src-prefix=a/",
            "--dst-prefix=b/",
        ];
        args.extend(self.relative());
        args.extend(sides.iter().map(String::as_str));
        args.push("--");
        let mut stream = self.git.stream(&args, Vec::new())?;
        let mut bytes = Vec::new();
        let enough = max as u64 + 1;
        let read = stream.output().take(enough).read_to_end(&mut bytes);
        read.map_err(|error| stream.failed(error))?;
        let truncated = bytes.len() > max;
        if truncated {
            bytes.truncate(max);
        } else {
            stream.finish()?;
        }
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        // What replaces a byte has three of its own.
        text.truncate(text.floor_char_boundary(max));
        Ok(Patch { text, truncated })
    }

    /// The files of the project that each commit changes, as compared with its first parent: at most
    /// `max` of each. `commits` are pairs of a commit and its first parent, if it has one.
    ///
    /// # Errors
    ///
    /// A commit is missing, or Git fails.
    pub fn changed_paths(
        &self,
        commits: &[(ObjectId, Option<ObjectId>)],
        max: usize,
    ) -> Result<Vec<Vec<String>>, GitError> {
        let mut args = vec![
            "diff-tree",
            "--stdin",
            "-r",
            "-z",
            "--raw",
            "--root",
            "--always",
            "--no-renames",
        ];
        args.extend(self.relative());
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = String::new();
        for (commit, parent) in commits {
            input.push_str(&commit.to_string());
            if let Some(parent) = parent {
                input.push_str(&format!(" {parent}"));
            }
            input.push('\n');
        }
        let mut stream = self.git.stream(&args, input.into_bytes())?;
        let mut changed: Vec<Vec<String>> = Vec::with_capacity(commits.len());
        while let Some(record) = stream.record(0, MAX_PATH)? {
            // A change begins with a colon and is followed by its path; else it is the next commit.
            if !record.starts_with(b":") {
                changed.push(Vec::new());
                continue;
            }
            let path = stream.record(0, MAX_PATH)?;
            let (Some(path), Some(paths)) = (path, changed.last_mut()) else {
                return Err(stream.garbled());
            };
            if paths.len() < max {
                paths.push(String::from_utf8_lossy(&path).into_owned());
            }
        }
        match changed.len() == commits.len() {
            true => stream.finish().map(|()| changed),
            // That it has failed says more.
            false => {
                let garbled = stream.garbled();
                Err(stream.finish().err().unwrap_or(garbled))
            }
        }
    }

    /// What Git is told, so that paths are seen from the project's folder.
    fn relative(&self) -> Option<&'static str> {
        (!self.facts.prefix.is_empty()).then_some("--relative")
    }

    /// What is to be compared: the first parent and the commit, or the commit alone.
    fn sides(&self, commit: ObjectId) -> Result<Vec<String>, GitError> {
        let commit = commit.to_string();
        let line = self.git.text(&[
            "rev-list",
            "--parents",
            "--max-count=1",
            "--no-walk",
            &commit,
            "--",
        ])?;
        let parent = line.split_whitespace().nth(1).map(str::to_owned);
        Ok(parent.into_iter().chain([commit]).collect())
    }
}

/// Reads the rest of one version, after its identifier.
fn version(stream: &mut Stream, id: Vec<u8>) -> Result<Version, GitError> {
    let mut field = |end, cap| {
        let field = stream.record(end, cap)?;
        Ok(text(&field.unwrap_or_default(), cap))
    };
    let parents: String = field(b'\n', MAX_PARENTS)?;
    let tree = field(b'\n', MAX_SUBJECT)?;
    let name = field(b'\n', MAX_PERSON)?;
    let email = field(b'\n', MAX_PERSON)?;
    let authored_at = field(b'\n', MAX_PERSON)?;
    let subject = field(0, MAX_SUBJECT)?;
    let id = text(&id, MAX_SUBJECT);
    if id.parse::<ObjectId>().is_err() {
        return Err(stream.garbled());
    }
    Ok(Version {
        id,
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        subject,
        author: Person { name, email },
        authored_at,
        tree,
    })
}

/// What replaces a byte has three of its own, so the length is looked at once more.
fn text(bytes: &[u8], cap: usize) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    text.truncate(text.floor_char_boundary(cap));
    text
}

fn lines(ids: &[ObjectId]) -> Vec<u8> {
    ids.iter()
        .flat_map(|id| format!("{id}\n").into_bytes())
        .collect()
}
