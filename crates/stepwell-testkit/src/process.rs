//! A program that a test has started.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a program that cannot be watched fails its test"
)]

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// No program of a test takes longer, also on a slow machine. One that does is killed.
const DEADLINE: Duration = Duration::from_secs(120);

/// A running program whose output is read while it runs.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<(Stream, String)>,
    deadline: Instant,
    stdout: String,
    stderr: String,
}

#[derive(Debug, Clone, Copy)]
enum Stream {
    Stdout,
    Stderr,
}

/// What a program said, and how it ended.
#[derive(Debug)]
#[must_use = "either assert the exit code or look at the output"]
pub struct Output {
    /// The exit code; 128 and the number of the signal that ended it, as in a shell.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The most memory that it had at a time, in bytes.
    pub peak_memory: u64,
}

impl Process {
    /// Starts a command that was made ready by a test.
    #[must_use]
    pub fn of(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let (sender, lines) = channel();
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let stderr = child.stderr.take().expect("standard error is a pipe");
        read(stdout, Stream::Stdout, sender.clone());
        read(stderr, Stream::Stderr, sender);
        Self {
            child,
            lines,
            deadline: Instant::now() + DEADLINE,
            stdout: String::new(),
            stderr: String::new(),
        }
    }

    /// Waits until the program has said `words` on either stream.
    pub fn wait_for(&mut self, words: &str) {
        while !self.stdout.contains(words) && !self.stderr.contains(words) {
            if !self.read_line() {
                panic!("`{words}` was never said:\n{}{}", self.stdout, self.stderr);
            }
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("an id is a small number");
        kill(id, signal);
    }

    /// The processes that it started and they started, which live now.
    #[must_use]
    pub fn descendants(&self) -> Vec<Descendant> {
        descendants(self.child.id())
    }

    /// Waits for the end.
    pub fn end(mut self) -> Output {
        while self.read_line() {}
        let (code, peak_memory) = wait(&self.child);
        Output {
            code,
            stdout: self.stdout,
            stderr: self.stderr,
            peak_memory,
        }
    }

    /// Takes in one line; `false` when both streams have ended.
    fn read_line(&mut self) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok((Stream::Stdout, line)) => self.stdout.push_str(&line),
            Ok((Stream::Stderr, line)) => self.stderr.push_str(&line),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                self.signal(Signal::KILL);
                let (stdout, stderr) = (&self.stdout, &self.stderr);
                panic!("the program does not end:\n{stdout}{stderr}");
            }
        }
        true
    }
}

fn read(from: impl Read + Send + 'static, stream: Stream, to: Sender<(Stream, String)>) {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            if to.send((stream, text)).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// A process that a program started, directly or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descendant {
    id: u32,
    /// When it began, in the kernel's clock: an id is given again.
    began: String,
}

impl Descendant {
    /// Whether it still runs. One that ended and whose parent has not looked does not.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        stat(self.id).is_some_and(|(state, began)| state != "Z" && began == self.began)
    }
}

fn descendants(of: u32) -> Vec<Descendant> {
    let mut found = Vec::new();
    let mut parents = vec![of];
    while let Some(parent) = parents.pop() {
        let threads = std::fs::read_dir(format!("/proc/{parent}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(thread.path().join("children"));
            for id in children.unwrap_or_default().split_whitespace() {
                let Ok(id) = id.parse() else { continue };
                parents.push(id);
                let began = stat(id).map(|(_, began)| began);
                found.extend(began.map(|began| Descendant { id, began }));
            }
        }
    }
    found
}

/// The state of a process and when it began.
fn stat(id: u32) -> Option<(String, String)> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?.to_owned();
    Some((state, fields.nth(18)?.to_owned()))
}

/// A signal, by its POSIX name.
#[derive(Debug, Clone, Copy)]
pub struct Signal(libc::c_int);

#[expect(missing_docs, reason = "POSIX is the documentation")]
impl Signal {
    pub const INT: Self = Self(libc::SIGINT);
    pub const KILL: Self = Self(libc::SIGKILL);
    pub const TERM: Self = Self(libc::SIGTERM);
}

// Not by `rustix`, whose features for processes would have Wasmtime built a second time.
#[expect(unsafe_code, reason = "kill is unsafe by declaration only")]
fn kill(id: libc::pid_t, signal: Signal) {
    // SAFETY: no pointer is involved, and the child has not been waited for, so the id is its own.
    let sent = unsafe { libc::kill(id, signal.0) };
    assert_eq!(sent, 0, "{}", std::io::Error::last_os_error());
}

/// The exit code and the peak of memory. The standard library's `wait` has no word for the latter.
#[expect(unsafe_code, reason = "no safe crate wraps wait4")]
fn wait(child: &Child) -> (i32, u64) {
    let id = i32::try_from(child.id()).expect("an id is a small number");
    let mut status = 0;
    // SAFETY: an all-zero `rusage` is valid, being numbers only.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the right types, and the child is ours and has
    // not been waited for.
    let waited = unsafe { libc::wait4(id, &raw mut status, 0, &raw mut usage) };
    assert_eq!(waited, id, "{}", std::io::Error::last_os_error());
    let code = match libc::WIFEXITED(status) {
        true => libc::WEXITSTATUS(status),
        false => 128 + libc::WTERMSIG(status),
    };
    // In KiB.
    (
        code,
        u64::try_from(usage.ru_maxrss).unwrap_or_default() << 10,
    )
}
