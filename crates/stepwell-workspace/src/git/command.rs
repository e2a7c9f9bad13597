//! Running `git` so that it reads and does nothing else.

use super::error::OLDEST;
use super::{GitError, ObjectId};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

/// The most bytes of what Git says on an error that are read.
const MAX_MESSAGE: u64 = 16 << 10;

/// The most bytes of an answer that is no list: the configuration is the longest.
const MAX_ANSWER: u64 = 16 << 20;

/// What may be configured and would run a program, or change what is printed.
const CONFIG: [(&str, &str); 6] = [
    // They are ignored, and of that too Git would complain.
    ("advice.graftFileDeprecated", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("log.showSignature", "false"),
    ("core.quotePath", "false"),
];

/// How `git` is called.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: PathBuf,
    config: Vec<(OsString, &'static str)>,
    /// Of Git's own variables, those that are set besides.
    variables: Vec<(&'static str, OsString)>,
    /// As (major, minor).
    pub(super) version: (u32, u32),
    /// What explains that an object is missing.
    pub(super) shallow: bool,
    pub(super) partial: bool,
}

/// A command that is running.
#[derive(Debug)]
pub(super) struct Stream {
    git: Git,
    command: String,
    child: Child,
    output: BufReader<ChildStdout>,
    message: Option<JoinHandle<Vec<u8>>>,
}

impl Git {
    /// Finds out that there is a `git` that is new enough.
    pub(super) fn new(folder: &Path) -> Result<Self, GitError> {
        let config = CONFIG.map(|(key, value)| (key.into(), value));
        let mut git = Self {
            folder: folder.to_owned(),
            config: config.into(),
            variables: Vec::new(),
            version: (0, 0),
            shallow: false,
            partial: false,
        };
        if !folder.is_dir() {
            let path = folder.to_string_lossy().into_owned();
            return Err(GitError::NoRepository { path });
        }
        let found = git.text(&["version"])?.trim().to_owned();
        match version(&found) {
            Some(version) if version >= OLDEST => {
                git.version = version;
                Ok(git)
            }
            _ => Err(GitError::TooOld { found }),
        }
    }

    /// Sees to it that no filter is run when files of the working tree are looked at. `filters` are
    /// names of configured sections.
    pub(super) fn switch_off_filters(&mut self, filters: BTreeSet<Vec<u8>>) {
        let settings = [
            (".clean", ""),
            (".smudge", ""),
            (".process", ""),
            (".required", "false"),
        ];
        for filter in filters {
            for (key, value) in settings {
                let mut name = OsString::from_vec(filter.clone());
                name.push(key);
                self.config.push((name, value));
            }
        }
    }

    /// Sees to it that no program is run that merges files: where one is wanted, there is a conflict.
    pub(super) fn switch_off_mergers(&mut self, drivers: BTreeSet<Vec<u8>>) {
        for driver in drivers {
            let name = OsString::from_vec(driver);
            self.config.push((name, "exit 1"));
        }
    }

    /// The same with another value of something that is configured.
    pub(super) fn set(&mut self, key: &str, value: &'static str) {
        self.config.push((key.into(), value));
    }

    /// The same with one of Git's own variables.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"GIT_") {
                command.env_remove(name);
            }
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            // Two ways to the same, since older versions know only the second.
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_CONFIG_COUNT", self.config.len().to_string());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        for (at, (key, value)) in self.config.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{at}"), key)
                .env(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        command
            .arg("--no-pager")
            .args(args)
            .current_dir(&self.folder);
        command
    }

    /// Runs a command, feeds it `input`, and gives what it prints while it prints it.
    pub(super) fn stream(
        &self,
        args: &[impl AsRef<OsStr>],
        input: Vec<u8>,
    ) -> Result<Stream, GitError> {
        let name = args.first().map_or(OsStr::new(""), AsRef::as_ref);
        let name = name.to_string_lossy().into_owned();
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => GitError::NotInstalled,
            _ => GitError::system(&format!("run `git {name}`"), error),
        };
        let stdin = match input.is_empty() {
            true => Stdio::null(),
            false => Stdio::piped(),
        };
        let mut child = self
            .command(args)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let no_pipe = || failed(io::Error::other("a pipe is missing"));
        let output = BufReader::with_capacity(64 << 10, child.stdout.take().ok_or_else(no_pipe)?);
        let error = child.stderr.take().ok_or_else(no_pipe)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that ends early says why itself.
            std::thread::spawn(move || stdin.write_all(&input));
        }
        Ok(Stream {
            git: self.clone(),
            command: name,
            child,
            output,
            message: Some(std::thread::spawn(move || message(error))),
        })
    }

    /// What a command prints, as text.
    pub(super) fn text(&self, args: &[impl AsRef<OsStr>]) -> Result<String, GitError> {
        self.text_of(args, Vec::new())
    }

    fn text_of(&self, args: &[impl AsRef<OsStr>], input: Vec<u8>) -> Result<String, GitError> {
        let mut stream = self.stream(args, input)?;
        let mut text = Vec::new();
        let read = stream.output().take(MAX_ANSWER).read_to_end(&mut text);
        read.map_err(|error| stream.failed(error))?;
        stream.finish()?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// What it means that a command has failed with this message.
    fn explain(&self, command: &str, message: String) -> GitError {
        if message.contains("dubious ownership") {
            return GitError::Untrusted { message };
        }
        if message.contains("not a git repository") {
            let path = self.folder.to_string_lossy().into_owned();
            return GitError::NoRepository { path };
        }
        // Whatever is said of an object when nothing is written: it cannot be read.
        let mut words = message.split(|character: char| !character.is_ascii_hexdigit());
        match words.find(|word| word.parse::<ObjectId>().is_ok()) {
            Some(object) => self.missing(object),
            None => GitError::Failed {
                command: command.to_owned(),
                message,
            },
        }
    }

    /// An error for an object that cannot be read.
    pub(super) fn missing(&self, object: &str) -> GitError {
        GitError::Missing {
            object: object.to_owned(),
            shallow: self.shallow,
            partial: self.partial,
        }
    }

    /// The identifier that a command prints.
    pub(super) fn id(&self, args: &[impl AsRef<OsStr>]) -> Result<ObjectId, GitError> {
        self.id_of(args, Vec::new())
    }

    /// The identifier that a command prints when it is fed `input`.
    pub(super) fn id_of(
        &self,
        args: &[impl AsRef<OsStr>],
        input: Vec<u8>,
    ) -> Result<ObjectId, GitError> {
        let text = self.text_of(args, input)?;
        let no_id = |_| GitError::Failed {
            command: args.first().map_or(String::new(), |name| {
                name.as_ref().to_string_lossy().into_owned()
            }),
            message: "it printed no identifier".to_owned(),
        };
        text.trim().parse().map_err(no_id)
    }
}

impl Stream {
    /// What the command prints.
    pub(super) fn output(&mut self) -> &mut BufReader<ChildStdout> {
        &mut self.output
    }

    /// The next record of what the command prints, without what ends it; what is longer than `cap`
    /// is cut. `None` at the end.
    pub(super) fn record(&mut self, end: u8, cap: usize) -> Result<Option<Vec<u8>>, GitError> {
        let mut record = Vec::new();
        loop {
            let seen = match self.output.fill_buf() {
                Ok([]) if record.is_empty() => return Ok(None),
                Ok([]) => return Ok(Some(record)),
                Ok(seen) => seen,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failed(error)),
            };
            let length = seen.iter().position(|byte| *byte == end);
            let part = seen.get(..length.unwrap_or(seen.len())).unwrap_or_default();
            let room = cap.saturating_sub(record.len()).min(part.len());
            record.extend_from_slice(part.get(..room).unwrap_or_default());
            let used = part.len() + usize::from(length.is_some());
            self.output.consume(used);
            if length.is_some() {
                return Ok(Some(record));
            }
        }
    }

    /// An error for output that cannot be understood.
    pub(super) fn garbled(&self) -> GitError {
        GitError::Failed {
            command: self.command.clone(),
            message: "what it printed cannot be understood".to_owned(),
        }
    }

    pub(super) fn failed(&self, error: io::Error) -> GitError {
        GitError::system(&format!("read what `git {}` prints", self.command), error)
    }

    /// Waits for the end of the command, all output of which was read.
    pub(super) fn finish(self) -> Result<(), GitError> {
        self.answer(0).map(drop)
    }

    /// As [`Stream::finish`], for a command that answers "no" with this exit code.
    pub(super) fn answer(mut self, no: i32) -> Result<bool, GitError> {
        let status = self.child.wait().map_err(|error| self.failed(error))?;
        if status.success() || status.code() == Some(no) {
            return Ok(status.success());
        }
        let message = self.message.take().and_then(|thread| thread.join().ok());
        let message = message.unwrap_or_default();
        let mut message = String::from_utf8_lossy(&message).trim().to_owned();
        if message.is_empty() {
            message = status.to_string();
        }
        Err(self.git.explain(&self.command, message))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Of a command that has ended there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads all of it, but keeps only the beginning.
fn message(mut error: impl Read) -> Vec<u8> {
    let mut message = Vec::new();
    let _ = (&mut error).take(MAX_MESSAGE).read_to_end(&mut message);
    let _ = io::copy(&mut error, &mut io::sink());
    message
}

/// Reads `git version 2.47.3`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_vendors_write_them() {
        assert_eq!(version("git version 2.47.3"), Some((2, 47)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version 2.31.0.windows.1"), Some((2, 31)));
        assert_eq!(version("gix 0.1"), None);
    }

    #[test]
    fn what_git_says_becomes_an_error_that_tells_what_to_do() {
        let git = Git {
            folder: "/p".into(),
            config: Vec::new(),
            variables: Vec::new(),
            version: (2, 47),
            shallow: false,
            partial: true,
        };
        let explain = |message: &str| git.explain("rev-list", message.to_owned());
        let error = explain("fatal: detected dubious ownership in repository at '/p'");
        assert!(error.help().unwrap().contains("safe.directory"));
        let error = explain("fatal: not a git repository (or any parent)");
        assert_eq!(error.to_string(), "`/p` is in no Git repository");
        let object = "ab".repeat(20);
        let error = explain(&format!("error: Could not read {object}"));
        assert!(error.help().unwrap().contains("--refetch"));
        assert_eq!(
            error.to_string(),
            format!("the object {object} is not in the repository")
        );
        let error = explain("fatal: out of memory");
        assert_eq!(
            error.to_string(),
            "`git rev-list` failed: fatal: out of memory"
        );
    }
}
