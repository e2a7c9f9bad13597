//! A worker that tries to get over its own walls, to see that they stand.

use crate::frame;
use crate::process::Process;
use crate::reach::Reach;
use crate::role::Role;
use crate::walls::{self, Walls};
use rustix::net::{AddressFamily, SocketType};
use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Bytes of a report.
const MOST: usize = 1 << 20;

/// How long a probe may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The optional walls that stand.
    pub walls: Walls,
    /// Environment variables that it had.
    pub environment: usize,
    /// The descriptors that were open besides the standard streams.
    pub descriptors: Vec<i32>,
    /// What it tried.
    pub attempts: Vec<Attempt>,
}

/// Something that a worker must not be able to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was tried, as in "open a socket".
    pub what: String,
    /// The error that it met; `None` if it worked.
    pub error: Option<String>,
}

impl Probe {
    /// The attempts that worked.
    pub fn breaches(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.error.is_none())
    }
}

/// Starts a worker of `program`, this program, and has it try.
///
/// # Errors
///
/// It cannot be started, or does not answer.
pub fn probe(program: &Path) -> io::Result<Probe> {
    let (mut process, mut channel) = Process::start(program, Role::Probe.argument())?;
    channel.set_read_timeout(Some(PATIENCE))?;
    frame::receive(&mut channel, MOST).map_err(|error| {
        process.kill();
        let status = process.wait().map(|status| status.to_string());
        let status = status.unwrap_or_default();
        let complaint = process.complaint();
        io::Error::other(format!("no report: {error}; {status}; {}", complaint.trim()))
    })
}

/// Raises the walls of a worker without a workspace, and tries.
pub(crate) fn run() -> io::Result<()> {
    walls::settle(c"stepwell-probe")?;
    let descriptors = open_descriptors()?;
    let seccomp = walls::restrict_calls();
    let reach = Reach {
        memory: 1 << 20,
        resources: 16,
        ..Reach::default()
    };
    walls::limit_worker(&reach)?;
    let landlock = walls::restrict_files(&reach.doors());
    walls::close_to_others()?;
    let probe = Probe {
        walls: Walls { seccomp, landlock },
        environment: std::env::vars_os().count(),
        descriptors,
        attempts: attempts(),
    };
    let mut channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    frame::send(&mut channel, &probe).map_err(io::Error::other)
}

fn open_descriptors() -> io::Result<Vec<i32>> {
    let listing = std::fs::read_dir("/proc/self/fd")?;
    let mut open: Vec<i32> = listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|descriptor| *descriptor > 2)
        .collect();
    // The listing's own.
    open.pop();
    Ok(open)
}

fn attempts() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let mut tried = |what: &str, result: io::Result<()>| {
        attempts.push(Attempt {
            what: what.to_owned(),
            error: result.err().map(|error| error.to_string()),
        });
    };
    tried("read /etc/passwd", std::fs::read("/etc/passwd").map(drop));
    tried("list the root folder", std::fs::read_dir("/").map(drop));
    let file = std::env::temp_dir().join(format!("stepwell-probe-{}", std::process::id()));
    let written = std::fs::write(&file, "");
    if written.is_ok() {
        let _ = std::fs::remove_file(&file);
    }
    tried("write a file to /tmp", written);
    tried("start a program", Command::new("/bin/true").spawn().map(drop));
    let sockets = [
        ("open an Internet socket", AddressFamily::INET),
        ("open a local socket", AddressFamily::UNIX),
    ];
    for (what, family) in sockets {
        let socket = rustix::net::socket(family, SocketType::STREAM, None);
        tried(what, socket.map(drop).map_err(Into::into));
    }
    let parent = rustix::process::getppid();
    let signal = parent.map_or(Ok(()), rustix::process::test_kill_process);
    tried("signal the parent", signal.map_err(Into::into));
    let more = Rlimit {
        current: Some(1 << 40),
        maximum: Some(1 << 40),
    };
    let raised = rustix::process::setrlimit(Resource::Data, more);
    tried("raise the memory limit", raised.map_err(Into::into));
    let parent = parent.map_or(0, |parent| i64::from(parent.as_raw_nonzero().get()));
    for (what, call, arguments) in calls(parent) {
        tried(what, raw(call, arguments));
    }
    // Last: should it work, this process is another program and gives no report.
    let error = Command::new("/bin/true").exec();
    tried("become another program", Err(error));
    attempts
}

type Call = (&'static str, libc::c_long, [i64; 3]);

fn calls(parent: i64) -> [Call; 14] {
    let name_space = i64::from(libc::CLONE_NEWUSER);
    let fork = i64::from(libc::SIGCHLD);
    let attach = i64::from(libc::PTRACE_SEIZE);
    [
        ("fork", libc::SYS_clone, [fork, 0, 0]),
        ("trace the parent", libc::SYS_ptrace, [attach, parent, 0]),
        ("read the parent's memory", libc::SYS_process_vm_readv, [parent, 0, 0]),
        ("open the parent", libc::SYS_pidfd_open, [parent, 0, 0]),
        ("enter a name space", libc::SYS_unshare, [name_space, 0, 0]),
        ("mount", libc::SYS_mount, [0, 0, 0]),
        ("load a BPF program", libc::SYS_bpf, [0, 0, 0]),
        ("open io_uring", libc::SYS_io_uring_setup, [1, 0, 0]),
        ("watch performance events", libc::SYS_perf_event_open, [0, 0, 0]),
        ("handle page faults", libc::SYS_userfaultfd, [0, 0, 0]),
        ("use the keyring", libc::SYS_keyctl, [0, -1, 0]),
        ("change the user", libc::SYS_setuid, [0, 0, 0]),
        ("change the root folder", libc::SYS_chroot, [0, 0, 0]),
        ("open a file by its handle", libc::SYS_open_by_handle_at, [0, 0, 0]),
    ]
}

/// Calls the kernel with numbers only.
#[expect(unsafe_code, reason = "no safe function makes a call that must not work")]
fn raw(call: libc::c_long, [a, b, c]: [i64; 3]) -> io::Result<()> {
    // SAFETY: no argument is an address of this process, so the kernel writes nothing to it; a
    // second process that `clone` might make has a copy of it all, and ends below.
    let result = unsafe { libc::syscall(call, a, b, c, 0_i64, 0_i64, 0_i64) };
    if call == libc::SYS_clone && result == 0 {
        // SAFETY: it ends the second process and returns to nobody.
        unsafe { libc::_exit(0) };
    }
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
