//! The walls of a process: raised by itself, before it has seen anything of a guest.
//!
//! Limits on memory, files and descriptors, no core dumps, no new privileges, death with the host,
//! and to be the first to go when the machine runs out of memory: every Linux has those, and a worker
//! that cannot raise them does not work. Seccomp and Landlock are raised where the kernel has them;
//! which of them stand is reported. A wall is raised before there is a second thread, since each
//! thread takes its walls from the one that starts it.

use crate::reach::Reach;
use crate::system_call;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, RestrictionStatus,
    Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus,
    Scope, make_bitflags,
};
use rustix::fs::OFlags;
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::path::Path;

/// What a worker needs besides the memory of its guests: the engine, stacks, what host calls hold.
const OWN_MEMORY: u64 = 192 << 20;

/// File descriptors that a worker needs besides those of its step: its channel, the engine's, images
/// of memories, and those that one call holds while it works.
const OWN_DESCRIPTORS: u64 = 128;

/// The rights that Landlock knows of: those of Linux 6.15. Those that the kernel does not know are
/// left out.
const RIGHTS: ABI = ABI::V7;

/// Read files and list folders.
const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});

/// Also create, change, move and remove files, folders and links; no devices, pipes or sockets.
const WRITE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    ReadFile | ReadDir | WriteFile | Truncate | Refer
        | MakeReg | MakeDir | MakeSym | RemoveFile | RemoveDir
});

/// Which walls of a process stand, besides those without which it would not work at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walls {
    /// System calls are restricted to a list.
    pub seccomp: bool,
    /// The version of Landlock that restricts files and connections.
    pub landlock: Option<u8>,
}

impl Walls {
    /// The optional walls that do not stand, in words.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if !self.seccomp {
            missing.push("seccomp");
        }
        if self.landlock.is_none() {
            missing.push("landlock");
        }
        missing
    }
}

impl fmt::Display for Walls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("resource limits, no new privileges")?;
        if self.seccomp {
            f.write_str(", seccomp")?;
        }
        if let Some(abi) = self.landlock {
            write!(f, ", landlock (ABI {abi})")?;
        }
        Ok(())
    }
}

/// The first walls, which are the same for all: this process ends with its parent, has nothing but its
/// standard streams, gains no privileges, leaves no core, and is the first to go.
pub(crate) fn settle(name: &std::ffi::CStr) -> io::Result<()> {
    // Should the parent be gone already, the channel is closed, and nothing will come of it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::thread::set_name(name)?;
    rustix::thread::set_no_new_privs(true)?;
    drop_capabilities()?;
    limit(Resource::Core, 0)?;
    close_inherited()?;
    // A host that does not read what we complain of must not hold us up.
    let stderr = io::stderr();
    let flags = rustix::fs::fcntl_getfl(&stderr)?;
    rustix::fs::fcntl_setfl(&stderr, flags | OFlags::NONBLOCK)?;
    // May be refused where the parent was given a score; then that holds for us as well.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

/// Where the host runs as root, as in a container: keeps only what opens files of other users, which
/// a workspace may have. Landlock and the sandbox say which.
fn drop_capabilities() -> io::Result<()> {
    let files = CapabilitySet::DAC_OVERRIDE | CapabilitySet::FOWNER;
    let now = rustix::thread::capabilities(None)?;
    Ok(rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: now.effective & files,
            permitted: now.permitted & files,
            inheritable: CapabilitySet::empty(),
        },
    )?)
}

/// Closes what the host, or whoever started it, left open for its children.
fn close_inherited() -> io::Result<()> {
    let open: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open {
        let flags = |fd| rustix::io::fcntl_getfd(fd);
        #[expect(unsafe_code, reason = "the descriptors of a new process have no owner yet")]
        // SAFETY: `main` has just begun, so nothing in this process owns a descriptor but the three
        // standard streams; the one of the listing above is closed and is looked for before it is
        // taken.
        let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
        if descriptor > 2 && flags(borrowed).is_ok() {
            #[expect(unsafe_code, reason = "the descriptors of a new process have no owner yet")]
            // SAFETY: as above; it is open.
            drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
    }
    Ok(())
}

/// Forbids others to look into this process, and it to be dumped. Not before its engine is made,
/// which looks into its own memory.
pub(crate) fn close_to_others() -> io::Result<()> {
    Ok(rustix::process::set_dumpable_behavior(
        DumpableBehavior::NotDumpable,
    )?)
}

/// The limits of a worker.
pub(crate) fn limit_worker(reach: &Reach) -> io::Result<()> {
    let memory = reach.memory.saturating_add(OWN_MEMORY);
    limit(Resource::Data, memory)?;
    limit(Resource::Nofile, reach.resources.saturating_add(OWN_DESCRIPTORS))?;
    // Wasmtime keeps the first contents of memories in anonymous files, which count as well.
    limit(Resource::Fsize, reach.file_size.max(reach.memory))
}

/// The limits of a compiler.
pub(crate) fn limit_compiler(memory: u64, cpu_seconds: u64) -> io::Result<()> {
    limit(Resource::Data, memory)?;
    // Where the two are one, the kernel kills without the signal that says why.
    limit(Resource::Cpu, cpu_seconds.saturating_add(1))?;
    let maximum = rustix::process::getrlimit(Resource::Cpu).maximum;
    let current = Some(cpu_seconds);
    rustix::process::setrlimit(Resource::Cpu, Rlimit { current, maximum })?;
    limit(Resource::Nofile, 64)
}

/// Sets a limit, but never above one that is there already.
fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let now = rustix::process::getrlimit(resource);
    let lower = |there: Option<u64>| Some(there.map_or(most, |there| there.min(most)));
    let limit = Rlimit {
        current: lower(now.maximum),
        maximum: lower(now.maximum),
    };
    Ok(rustix::process::setrlimit(resource, limit)?)
}

/// Restricts system calls, where the kernel and the processor can.
pub(crate) fn restrict_calls() -> bool {
    match system_call::restrict() {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "no seccomp");
            false
        }
    }
}

/// Restricts files to what is behind `doors`, which may be changed or only read, and connections to
/// none, where the kernel can.
pub(crate) fn restrict_files(doors: &[(&Path, bool)]) -> Option<u8> {
    match landlocked(doors) {
        Ok(status) => version(&status),
        Err(error) => {
            tracing::warn!(%error, "no landlock");
            None
        }
    }
}

fn landlocked(doors: &[(&Path, bool)]) -> Result<RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(RIGHTS))?
        .handle_access(AccessNet::from_all(RIGHTS))?
        .scope(Scope::from_all(RIGHTS))?
        .create()?;
    for (path, write) in doors {
        rules = open(rules, path, if *write { WRITE } else { READ })?;
    }
    rules.restrict_self()
}

/// Opens what is at `path`; what is not there needs no opening.
fn open(
    rules: RulesetCreated,
    path: &Path,
    rights: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    match PathFd::new(path) {
        Ok(path) => rules.add_rule(PathBeneath::new(path, rights)),
        Err(_) => Ok(rules),
    }
}

fn version(status: &RestrictionStatus) -> Option<u8> {
    match (&status.ruleset, &status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => {
            u8::try_from(*effective_abi as i32).ok()
        }
        _ => None,
    }
}
