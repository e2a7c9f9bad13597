//! The system calls that a worker or a compiler may make: those of a program that computes, keeps
//! time, starts threads, and uses files that it may open and connections that it was given.
//!
//! All others fail with `EPERM`, so that a library that tries one goes on without it. Nothing on the
//! list makes a process, a program, a socket or a name space, reaches another process, or changes who
//! this one is. Which files may be opened is not decided here: a path is a pointer, and Landlock
//! looks at what it leads to.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;
use std::env::consts::ARCH;

/// Calls that are allowed whatever their arguments are.
const ALLOWED: &[libc::c_long] = &[
    // Files and folders, below what Landlock leaves open.
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_close,
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_preadv2,
    libc::SYS_pwritev2,
    libc::SYS_copy_file_range,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fstatfs,
    libc::SYS_statfs,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_fadvise64,
    libc::SYS_flock,
    libc::SYS_getdents64,
    libc::SYS_readlinkat,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_utimensat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fchmod,
    libc::SYS_getcwd,
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_dup3,
    // Connections that the host made.
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    // Waiting.
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
    libc::SYS_futex,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_sched_yield,
    libc::SYS_restart_syscall,
    // Memory.
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_msync,
    libc::SYS_mincore,
    libc::SYS_brk,
    libc::SYS_memfd_create,
    libc::SYS_membarrier,
    // Threads, their signals and their end.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_gettid,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // What there is to know.
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getrusage,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // Further walls.
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self,
    libc::SYS_seccomp,
    // Answered by the other filter.
    libc::SYS_clone3,
];

/// The same under the names that they have had on this processor alone.
#[cfg(target_arch = "x86_64")]
const OF_THIS_PROCESSOR: &[libc::c_long] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_dup2,
    libc::SYS_poll,
    libc::SYS_epoll_wait,
    libc::SYS_time,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const OF_THIS_PROCESSOR: &[libc::c_long] = &[];

/// `PAGEMAP_SCAN`, by which Wasmtime finds the pages that a step has changed.
const PAGEMAP_SCAN: u64 = 0xc060_6610;

/// Which words of `prctl` are allowed: names of threads and of memory, and two walls.
const PROCESS_CONTROLS: &[libc::c_int] = &[
    libc::PR_SET_NAME,
    libc::PR_GET_NAME,
    libc::PR_SET_VMA,
    libc::PR_SET_DUMPABLE,
    libc::PR_SET_NO_NEW_PRIVS,
    libc::PR_GET_NO_NEW_PRIVS,
];

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    /// This processor has none.
    #[error(transparent)]
    NotMade(#[from] seccompiler::BackendError),
    /// The kernel takes none.
    #[error(transparent)]
    NotTaken(#[from] seccompiler::Error),
}

/// Restricts this thread, and all that it will start, to the list.
pub(crate) fn restrict() -> Result<(), FilterError> {
    let processor = TargetArch::try_from(ARCH)?;
    let refuse = |errno: i32| SeccompAction::Errno(errno.unsigned_abs());
    // The flags of `clone3` are behind a pointer. A libc that hears that there is no such call uses
    // `clone`, whose flags can be looked at. Of two refusals the kernel gives that of the filter
    // that was installed last; this one is the only to refuse `clone3`.
    let no_clone3: BpfProgram = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        SeccompAction::Allow,
        refuse(libc::ENOSYS),
        processor,
    )?
    .try_into()?;
    let list: BpfProgram = SeccompFilter::new(
        rules()?,
        refuse(libc::EPERM),
        SeccompAction::Allow,
        processor,
    )?
    .try_into()?;
    seccompiler::apply_filter(&no_clone3)?;
    seccompiler::apply_filter(&list)?;
    Ok(())
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let calls = ALLOWED.iter().chain(OF_THIS_PROCESSOR);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        calls.map(|call| (*call, Vec::new())).collect();
    let own = u64::from(std::process::id());
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    rules.insert(
        libc::SYS_clone,
        vec![rule(0, SeccompCmpOp::MaskedEq(thread), thread)?],
    );
    // To this process alone, which is how it aborts.
    rules.insert(libc::SYS_tgkill, vec![rule(0, SeccompCmpOp::Eq, own)?]);
    rules.insert(
        libc::SYS_prlimit64,
        vec![
            rule(0, SeccompCmpOp::Eq, 0)?,
            rule(0, SeccompCmpOp::Eq, own)?,
        ],
    );
    let requests = [PAGEMAP_SCAN, libc::FIONBIO, libc::FIONREAD, libc::FIOCLEX];
    rules.insert(libc::SYS_ioctl, one_of(1, &requests)?);
    let controls: Vec<u64> = PROCESS_CONTROLS
        .iter()
        .map(|control| u64::from(control.unsigned_abs()))
        .collect();
    rules.insert(libc::SYS_prctl, one_of(0, &controls)?);
    Ok(rules)
}

fn one_of(argument: u8, values: &[u64]) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    values
        .iter()
        .map(|value| rule(argument, SeccompCmpOp::Eq, *value))
        .collect()
}

fn rule(
    argument: u8,
    is: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, is, value)?;
    SeccompRule::new(vec![condition])
}
