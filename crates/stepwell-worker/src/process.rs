//! A process without rights, as its parent sees it.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use stepwell_event::LostCause;

/// Bytes of what a process complained of that are kept: as many as fit into a pipe.
const COMPLAINT: u64 = 64 << 10;

/// Characters of it that are shown.
const SHOWN: usize = 300;

/// A child of ours. It is killed and waited for when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stderr: Option<ChildStderr>,
}

impl Process {
    /// Starts this program in a role, with an empty environment and nothing but a channel. It is in
    /// a process group of its own, so that Ctrl-C at a terminal is the parent's alone to hear.
    ///
    /// The child dies with the thread that calls this.
    pub(crate) fn start(program: &Path, role: &str) -> io::Result<(Self, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut child = Command::new(program)
            .arg0(OsStr::new("stepwell"))
            .arg(role)
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take();
        Ok((Self { child, stderr }, ours))
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        if let Err(error) = self.child.kill() {
            tracing::warn!(%error, "cannot kill a worker");
        }
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// What it complained of; only to be asked for once it has ended.
    pub(crate) fn complaint(&mut self) -> String {
        let mut bytes = Vec::new();
        if let Some(stderr) = self.stderr.take() {
            // What was read before an error is as good.
            let _ = stderr.take(COMPLAINT).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.kill();
            // Nothing holds up a process that was killed but the kernel.
            if let Err(error) = self.wait() {
                tracing::warn!(%error, "cannot wait for a worker");
            }
        }
    }
}

/// What is known of a process that ended without a word.
pub(crate) fn death(status: Option<ExitStatus>, complaint: &str) -> (LostCause, String) {
    // The words of Rust's standard library for an allocation that failed.
    let out_of_memory = complaint.contains("memory allocation of ");
    let (cause, mut message) = match (status, out_of_memory) {
        (_, true) => (
            LostCause::OutOfMemory,
            "the worker needed more memory than it may have".to_owned(),
        ),
        (Some(status), false) => (LostCause::Crashed, ended_by(status)),
        (None, false) => (
            LostCause::Crashed,
            "the worker closed its channel".to_owned(),
        ),
    };
    if let Some(last) = complaint.lines().rev().find(|line| !line.trim().is_empty()) {
        message.push_str(": ");
        message.extend(last.trim().chars().take(SHOWN));
    }
    (cause, message)
}

fn ended_by(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(libc::SIGKILL), _) => {
            "the worker was killed (signal 9), by a person or because the machine ran out of memory"
                .to_owned()
        }
        (Some(signal), _) => format!("the worker was ended by signal {signal}"),
        (None, Some(code)) => format!("the worker ended by itself with exit code {code}"),
        (None, None) => "the worker ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_is_told_with_its_cause_and_its_last_words() {
        let signal = ExitStatus::from_raw(libc::SIGSEGV);
        assert_eq!(
            death(Some(signal), "first\nthread 'main' panicked\n\n"),
            (
                LostCause::Crashed,
                "the worker was ended by signal 11: thread 'main' panicked".to_owned()
            )
        );
        let abort = ExitStatus::from_raw(libc::SIGABRT);
        let (cause, message) = death(Some(abort), "memory allocation of 4096 bytes failed\n");
        assert_eq!(cause, LostCause::OutOfMemory);
        assert!(message.ends_with("may have: memory allocation of 4096 bytes failed"));
        let long = death(Some(ExitStatus::from_raw(256)), &"x".repeat(5000)).1;
        assert!(long.starts_with("the worker ended by itself with exit code 1: xxx"));
        assert!(long.len() < 400);
    }
}
