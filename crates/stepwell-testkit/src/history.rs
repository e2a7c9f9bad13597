//! Git repositories made of few words.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test whose repository cannot be made has failed"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Commits for the branch `main` that do not exist yet. Each has its number, from 1, in the file
/// `counter.txt`.
#[derive(Debug, Default)]
pub struct History {
    stream: String,
    commits: u32,
}

impl History {
    /// Commits that are to come after the one with the number `commits`.
    #[must_use]
    pub fn after(commits: u32) -> Self {
        let stream = match commits {
            0 => String::new(),
            _ => "reset refs/heads/main\nfrom refs/heads/main^0\n\n".to_owned(),
        };
        Self { stream, commits }
    }

    /// One more commit by `author`, such as `Ada <ada@example.org>`, which writes files, or removes
    /// those that have no text. Each also writes its number to `counter.txt`.
    pub fn commit(&mut self, author: &str, files: &[(&str, Option<&str>)]) {
        let counter = format!("{}\n", self.commits + 1);
        self.change(
            author,
            &[files, &[("counter.txt", Some(&*counter))]].concat(),
        );
    }

    /// As [`History::commit`], but it writes nothing else.
    pub fn change(&mut self, author: &str, files: &[(&str, Option<&str>)]) {
        self.commits += 1;
        let number = self.commits;
        let seconds = 1_700_000_000 + number * 60;
        let subject = format!("Change {number}");
        let mut add = |text: std::fmt::Arguments<'_>| {
            self.stream.write_fmt(text).expect("memory takes text");
        };
        add(format_args!(
            "commit refs/heads/main\nauthor {author} {seconds} +0000\n\
             committer Hub <hub@example.org> {seconds} +0000\ndata {}\n{subject}\n",
            subject.len()
        ));
        for (path, text) in files {
            match text {
                Some(text) => add(format_args!(
                    "M 100644 inline {path}\ndata {}\n{text}\n",
                    text.len()
                )),
                None => add(format_args!("D {path}\n")),
            }
        }
    }

    /// Makes the commits in `folder`, which becomes a repository if it is none, and checks the last one
    /// out.
    pub fn make(self, folder: &Path) {
        if !folder.join(".git").exists() {
            git(folder, &["init", "--quiet", "--initial-branch=main"]);
        }
        let mut import = command(folder, &["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("git can be started");
        let mut input = import.stdin.take().expect("standard input is a pipe");
        input
            .write_all(self.stream.as_bytes())
            .expect("git reads commits");
        drop(input);
        let ended = import.wait().expect("git ends");
        assert!(ended.success(), "the commits are refused:\n{}", self.stream);
        git(folder, &["reset", "--quiet", "--hard", "main"]);
    }
}

/// What Git says to `arguments` in `folder`. It sees no configuration but the repository's.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments)
        .output()
        .expect("git can be started");
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("git {arguments:?}: {said}");
    }
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}
