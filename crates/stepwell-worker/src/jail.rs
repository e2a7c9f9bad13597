//! Compiles in a process of its own, which is killed if it takes too long or too much.

use crate::frame::{self, FrameError};
use crate::message::{FromCompiler, MOST_FROM_COMPILER, MOST_TO_COMPILER, ToCompiler};
use crate::process::{Process, death};
use crate::role::Role;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use stepwell_event::LostCause;
use stepwell_sandbox::{Compiled, Compiler, LoadError, LoadErrorKind, Metering};

/// What compiling may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Bytes of memory.
    pub memory: u64,
    /// CPU time, all threads together, in whole seconds.
    pub cpu: Duration,
    /// Wall-clock time.
    pub wall: Duration,
}

impl Default for CompileLimits {
    /// A Python component of 18 MiB takes 6 s and 0.6 GiB.
    fn default() -> Self {
        Self {
            memory: 2 << 30,
            cpu: Duration::from_secs(120),
            wall: Duration::from_secs(60),
        }
    }
}

/// A compiler whose every file has a process without rights.
#[derive(Debug, Clone)]
pub struct Jail {
    /// This program.
    pub program: PathBuf,
    /// What compiling may take.
    pub limits: CompileLimits,
}

impl Compiler for Jail {
    fn compile(&self, bytes: &[u8], metering: Metering) -> Result<Compiled, LoadError> {
        if bytes.len() >= MOST_TO_COMPILER {
            let message = format!("has {} bytes, which is too large to be read", bytes.len());
            return Err(LoadError::new(LoadErrorKind::TooLarge, message));
        }
        let started = Instant::now();
        let (mut process, channel) =
            Process::start(&self.program, Role::Compiler.argument()).map_err(not_started)?;
        let task = ToCompiler {
            metering,
            bytes: bytes.to_vec(),
            memory: self.limits.memory,
            cpu_seconds: self.limits.cpu.as_secs(),
        };
        let mut channel = Timed {
            channel,
            deadline: started + self.limits.wall,
        };
        let answer = frame::send(&mut channel, &task)
            .and_then(|()| frame::receive::<FromCompiler>(&mut channel, MOST_FROM_COMPILER));
        match answer {
            Ok(compiled) => compiled,
            Err(FrameError::TooLarge(size)) => Err(self.too_costly(&format!(
                "compiles to {size} bytes, more than the {MOST_FROM_COMPILER} that may be kept"
            ))),
            Err(FrameError::Channel(error)) if is_timeout(&error) => {
                let wall = self.limits.wall.as_secs_f32();
                Err(self.too_costly(&format!("takes more than {wall} s to compile")))
            }
            Err(error) => Err(self.autopsy(&mut process, &error)),
        }
    }
}

impl Jail {
    /// What ended a compiler that gave no answer.
    fn autopsy(&self, process: &mut Process, error: &FrameError) -> LoadError {
        // It has closed its channel, so it has ended or is about to.
        let status = process.wait().ok();
        let complaint = process.complaint();
        let (cause, message) = death(status, &complaint);
        let cpu_spent = status.and_then(|status: ExitStatus| status.signal());
        if cause == LostCause::OutOfMemory {
            let memory = self.limits.memory >> 20;
            return self.too_costly(&format!("needs more than {memory} MiB to compile"));
        }
        // The kernel warns at the limit, and kills where it is the most that there may be.
        if matches!(cpu_spent, Some(libc::SIGXCPU)) {
            let cpu = self.limits.cpu.as_secs();
            return self.too_costly(&format!("takes more than {cpu} s of CPU time to compile"));
        }
        tracing::debug!(%error, "the compiler gave no answer");
        LoadError::new(
            LoadErrorKind::Malformed,
            format!("the process that compiled it died: {message}"),
        )
        .help("this may be a defect of Stepwell; please report it, with the file if you can")
    }

    fn too_costly(&self, message: &str) -> LoadError {
        LoadError::new(LoadErrorKind::TooCostly, message)
            .help("a function or a module that is smaller compiles in less; programs rarely come near the limit")
    }
}

fn not_started(error: io::Error) -> LoadError {
    LoadError::new(
        LoadErrorKind::TooCostly,
        format!("the process that would compile it cannot be started: {error}"),
    )
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// A channel all of whose reads and writes end at one deadline.
struct Timed {
    channel: std::os::unix::net::UnixStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(Some(left))
    }
}

impl io::Read for Timed {
    fn read(&mut self, place: &mut [u8]) -> io::Result<usize> {
        self.channel.set_read_timeout(self.left()?)?;
        self.channel.read(place)
    }
}

impl io::Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.channel.set_write_timeout(self.left()?)?;
        self.channel.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.channel.flush()
    }
}
