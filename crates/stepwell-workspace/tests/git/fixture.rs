//! Repositories to test with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use stepwell_workspace::{ExportLimits, Exported, Exporter, GitError, ObjectId, Repository};
use tempfile::TempDir;

/// A folder, and in it the repository `repo`.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) root: PathBuf,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A repository that is made with these options.
    pub(crate) fn with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repo");
        fs::create_dir(&root).unwrap();
        let site = Self { folder, root };
        let mut args = vec!["init", "--quiet", "--initial-branch=main"];
        args.extend(options);
        site.git(&args);
        site
    }

    /// What Git prints, without the last line break.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_with(args, b"")
    }

    pub(crate) fn git_with(&self, args: &[&str], input: &[u8]) -> String {
        let mut child = git(&self.root, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {args:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim_end_matches('\n').to_owned()
    }

    pub(crate) fn id(&self, revision: &str) -> ObjectId {
        self.git(&["rev-parse", revision]).parse().unwrap()
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::open(&self.root).unwrap()
    }

    /// Commits that change what they say, made by one process.
    pub(crate) fn import(&self, commits: &[Commit]) {
        let mut text = String::new();
        for (at, commit) in commits.iter().enumerate() {
            let time = 1_700_000_000 + at * 60;
            let message = format!("change {at}");
            let mark = at + 1;
            writeln!(
                text,
                "commit refs/heads/{}\nmark :{mark}\n\
                 author A U Thor <author@example.com> {time} +0200\n\
                 committer C O Mitter <committer@example.com> {time} +0000\n\
                 data {}\n{message}",
                commit.branch,
                message.len()
            )
            .unwrap();
            for (parent, word) in commit.parents.iter().zip(["from", "merge", "merge"]) {
                writeln!(text, "{word} :{}", parent + 1).unwrap();
            }
            for (path, content) in &commit.files {
                writeln!(
                    text,
                    "M 100644 inline {path}\ndata {}\n{content}",
                    content.len()
                )
                .unwrap();
            }
            text.push('\n');
            writeln!(text, "reset refs/marks/{at}\nfrom :{mark}\n").unwrap();
        }
        self.git_with(&["fast-import", "--quiet"], text.as_bytes());
    }

    /// The commit that was the `at`th of an import.
    pub(crate) fn mark(&self, at: usize) -> ObjectId {
        self.id(&format!("refs/marks/{at}"))
    }

    /// The hash of a file that is put into the repository.
    pub(crate) fn blob(&self, content: &[u8]) -> String {
        self.git_with(&["hash-object", "-w", "--stdin"], content)
    }

    /// A tree that no honest Git makes: pairs of `MODE NAME` and the object.
    pub(crate) fn raw_tree(&self, entries: &[(&str, &str)]) -> String {
        let mut tree = Vec::new();
        for (head, id) in entries {
            tree.extend_from_slice(head.as_bytes());
            tree.push(0);
            tree.extend_from_slice(id.parse::<ObjectId>().unwrap().as_bytes());
        }
        let args = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"];
        self.git_with(&args, &tree)
    }

    pub(crate) fn exporter(&self) -> Exporter {
        Exporter::new(self.open(), &self.folder.path().join("store")).unwrap()
    }

    /// Exports a tree into a new folder.
    pub(crate) fn export(&self, tree: &str) -> Result<(PathBuf, Exported), GitError> {
        let target = self.folder.path().join("export");
        let exported = self.exporter().export(
            tree.parse().unwrap(),
            &target,
            &ExportLimits::default(),
            &AtomicBool::new(false),
        )?;
        Ok((target, exported))
    }
}

/// Git for the making of a repository, whoever runs the tests.
pub(crate) fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"])
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A U Thor")
        .env("GIT_AUTHOR_EMAIL", "author@example.com")
        .env("GIT_AUTHOR_DATE", "1700000000 +0100")
        .env("GIT_COMMITTER_NAME", "C O Mitter")
        .env("GIT_COMMITTER_EMAIL", "committer@example.com")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000");
    command
}

/// A commit of an import.
pub(crate) struct Commit {
    pub(crate) branch: &'static str,
    pub(crate) parents: Vec<usize>,
    pub(crate) files: BTreeMap<String, String>,
}

/// A commit that writes one file.
pub(crate) fn commit(parents: &[usize], path: &str, content: &str) -> Commit {
    Commit {
        branch: "main",
        parents: parents.to_vec(),
        files: BTreeMap::from([(path.to_owned(), content.to_owned())]),
    }
}

/// A commit on another branch.
pub(crate) fn on(branch: &'static str, commit: Commit) -> Commit {
    Commit { branch, ..commit }
}

/// `count` commits in a row, each of which changes one of seven files.
pub(crate) fn line(count: usize) -> Vec<Commit> {
    let parents = |at: usize| at.checked_sub(1).into_iter().collect::<Vec<_>>();
    (0..count)
        .map(|at| {
            commit(
                &parents(at),
                &format!("src/{}.txt", at % 7),
                &at.to_string(),
            )
        })
        .collect()
}
