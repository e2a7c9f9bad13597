//! The folders that a step has, and what may be done at a place in them.
//!
//! The workspace is the guest's root directory, each folder with more access than the rest is a
//! root of its own at its path, and `/tmp` is the scratch folder. What may be done with something
//! is decided by where it is, never by the root that it was reached through.
//!
//! A folder with a grant of its own is looked up name by name from the open workspace, and a
//! symbolic link is never followed on that way: a repository must not be able to turn the grant for
//! `dist` into one for `src`, nor for the host.

use super::account::Account;
use super::place::{TRUSTED, Wish, is_closed, names, protected};
use crate::host::WORKSPACE;
use crate::load::SandboxConfig;
use crate::scratch::Scratch;
use crate::state::Link;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_event::{Access, Limits, Outcome, StepRequest, WorkspaceGrant};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// Where a guest finds its scratch folder.
pub(super) const SCRATCH: &str = "/tmp";

/// What a step has of files.
pub(crate) struct Files {
    workspace: Option<Workspace>,
    scratch: Option<Scratch>,
    /// A folder of the host that is closed even if it is in the workspace: compiled code.
    private: Option<Arc<Path>>,
    /// The listings of folders that the guest holds: the resource, and its number of entries.
    pub(super) listings: Vec<(u32, usize)>,
    pub(crate) account: Arc<Account>,
}

/// Which of a step's folders something is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Workspace,
    Scratch,
}

/// A place in a step's folders.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) area: Area,
    /// Relative to the workspace or the scratch folder.
    pub(super) path: PathBuf,
    /// What may be done there.
    pub(super) access: Access,
    /// Whether the pipeline file could grant more.
    pub(super) is_grantable: bool,
}

impl Place {
    pub(super) fn allows(&self, wish: Wish) -> bool {
        match wish {
            Wish::Read => self.access >= Access::Read,
            Wish::Change => self.access >= Access::Write,
        }
    }
}

struct Workspace {
    grant: WorkspaceGrant,
    real: Option<Real>,
}

/// Where a workspace is on the host.
struct Real {
    /// Without symbolic links.
    root: PathBuf,
    /// Where the folders are that others trust, if a symbolic link has their name: those places are
    /// closed by every name.
    trusted: Vec<(PathBuf, Access)>,
}

impl Real {
    fn of(granted: &Path) -> Option<Self> {
        let root = std::fs::canonicalize(granted).ok()?;
        let trusted = TRUSTED.iter().filter_map(|(name, most)| {
            let path = root.join(name);
            let is_link = std::fs::symlink_metadata(&path).is_ok_and(|it| it.is_symlink());
            is_link.then(|| Some((std::fs::canonicalize(path).ok()?, *most)))?
        });
        Some(Self {
            trusted: trusted.collect(),
            root,
        })
    }
}

impl Workspace {
    /// It is found out when it is first needed, since most steps open no file.
    fn real(&mut self) -> Option<&Real> {
        if self.real.is_none() {
            self.real = Real::of(&self.grant.path);
        }
        self.real.as_ref()
    }

    /// What is granted at a place.
    fn access(&self, place: &Path) -> Access {
        let folders = self.grant.folders.iter();
        folders
            .filter(|(folder, _)| place.starts_with(folder))
            .map(|(_, access)| *access)
            .fold(self.grant.access, Access::max)
    }
}

impl Files {
    /// No folder at all.
    pub(crate) fn none(limits: &Limits, link: &Arc<Link>) -> Self {
        Self {
            workspace: None,
            scratch: None,
            private: None,
            listings: Vec::new(),
            account: Arc::new(Account::new(limits, 0, link)),
        }
    }

    /// What a step is granted, opened for its guest.
    pub(crate) fn granted(
        request: &StepRequest,
        config: &SandboxConfig,
        link: &Arc<Link>,
        wasi: &mut WasiCtxBuilder,
    ) -> Result<Self, Outcome> {
        let mut files = Self::none(&request.limits, link);
        files.private.clone_from(&config.private);
        if let Some(grant) = &request.workspace {
            files.open_workspace(grant, wasi)?;
        }
        if let Some(bytes) = request.grants.scratch {
            files.account = Arc::new(Account::new(&request.limits, bytes, link));
            files.open_scratch(config, wasi)?;
        }
        Ok(files)
    }

    fn open_workspace(
        &mut self,
        grant: &WorkspaceGrant,
        wasi: &mut WasiCtxBuilder,
    ) -> Result<(), Outcome> {
        let failed = |error: &dyn std::fmt::Display| Outcome::HostFailed {
            message: format!(
                "cannot open the workspace `{}`: {error}",
                grant.path.display()
            ),
        };
        if let Some(permissions) = permissions(grant.access) {
            wasi.preopened_dir(&grant.path, WORKSPACE, permissions)
                .map_err(|error| failed(&error))?;
        }
        let more = |(_, access): &&(String, Access)| *access > grant.access;
        let folders: Vec<_> = grant.folders.iter().filter(more).cloned().collect();
        if !folders.is_empty() {
            let root = rustix::fs::open(
                &grant.path,
                OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
                Mode::empty(),
            )
            .map_err(|error| failed(&error))?;
            let host = Real::of(&grant.path).ok_or_else(|| failed(&"it has no real path"))?;
            for (folder, access) in &folders {
                self.open_folder(&root, &host, folder, *access, wasi)?;
            }
        }
        if grant.access != Access::None || !folders.is_empty() {
            self.workspace = Some(Workspace {
                grant: WorkspaceGrant {
                    folders,
                    ..grant.clone()
                },
                real: None,
            });
        }
        Ok(())
    }

    fn open_folder(
        &self,
        root: &OwnedFd,
        host: &Real,
        folder: &str,
        access: Access,
        wasi: &mut WasiCtxBuilder,
    ) -> Result<(), Outcome> {
        let refused = |why: &str| Outcome::Unusable {
            message: format!("the folder `{folder}` of the workspace {why}"),
        };
        let Some(permissions) = permissions(access) else {
            return Ok(());
        };
        let wish = match access {
            Access::Write => Wish::Change,
            Access::None | Access::Read => Wish::Read,
        };
        let names = names(folder).ok_or_else(|| refused("cannot be granted: its path is odd"))?;
        let real = host.root.join(folder);
        let private = self.private.iter().map(|folder| (&**folder, Access::None));
        let trusted = host.trusted.iter().map(|(folder, most)| (&**folder, *most));
        if is_closed(Path::new(folder), wish)
            || private
                .chain(trusted)
                .any(|(folder, most)| real.starts_with(folder) && access > most)
        {
            return Err(refused("is not open to steps"));
        }
        let opened = descend(root, &names, access == Access::Write).map_err(|error| {
            refused(&match error {
                Errno::NOENT => "is not there".to_owned(),
                Errno::LOOP | Errno::NOTDIR => {
                    "is not a folder, or is behind a symbolic link".into()
                }
                error => format!("cannot be opened: {error}"),
            })
        })?;
        let path = format!("/proc/self/fd/{}", opened.as_raw_fd());
        wasi.preopened_dir(path, format!("/{folder}"), permissions)
            .map_err(|error| Outcome::HostFailed {
                message: format!("cannot open the folder `{folder}` of the workspace: {error}"),
            })?;
        Ok(())
    }

    fn open_scratch(
        &mut self,
        config: &SandboxConfig,
        wasi: &mut WasiCtxBuilder,
    ) -> Result<(), Outcome> {
        let is_taken = self.workspace.as_ref().is_some_and(|workspace| {
            let mut folders = workspace.grant.folders.iter();
            folders.any(|(folder, _)| Path::new(SCRATCH).ends_with(folder))
        });
        if is_taken {
            return Err(Outcome::Unusable {
                message: "the folder `tmp` and a scratch folder are at the same place".to_owned(),
            });
        }
        let within = config.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let failed = |error: &dyn std::fmt::Display| Outcome::HostFailed {
            message: format!(
                "cannot make a scratch folder in `{}`: {error}",
                within.display()
            ),
        };
        let scratch = Scratch::new(&within).map_err(|error| failed(&error))?;
        wasi.preopened_dir(scratch.path(), SCRATCH, FsPerms::ReadWrite)
            .map_err(|error| failed(&error))?;
        self.scratch = Some(scratch);
        Ok(())
    }

    /// Whether the guest has a folder of its workspace.
    pub(crate) fn has_workspace(&self) -> bool {
        self.workspace.is_some()
    }

    pub(super) fn has_scratch(&self) -> bool {
        self.scratch.is_some()
    }

    /// What a step used, and what is left to do once its guest is gone.
    pub(crate) fn end(&mut self) -> Leftover {
        Leftover {
            account: Arc::clone(&self.account),
            scratch: self.scratch.take(),
        }
    }

    /// What no grant can exceed at a place of the host.
    fn protects(&self, real: &Path) -> Access {
        let private = self.private.as_deref();
        private.map_or(Access::Write, |folder| {
            protected(real, folder, Access::None)
        })
    }

    /// Where in the step's folders a path of the host is; `None` if it is in none of them.
    pub(super) fn place(&mut self, real: &Path) -> Option<Place> {
        if let Some(scratch) = &self.scratch
            && let Ok(path) = real.strip_prefix(scratch.path())
        {
            return Some(Place {
                area: Area::Scratch,
                path: path.to_owned(),
                access: Access::Write,
                is_grantable: false,
            });
        }
        let mut most = self.protects(real);
        let workspace = self.workspace.as_mut()?;
        let host = workspace.real()?;
        let path = real.strip_prefix(&host.root).ok()?.to_owned();
        for (folder, access) in &host.trusted {
            most = most.min(protected(real, folder, *access));
        }
        if is_closed(&path, Wish::Read) {
            most = Access::None;
        } else if is_closed(&path, Wish::Change) {
            most = most.min(Access::Read);
        }
        Some(Place {
            area: Area::Workspace,
            access: workspace.access(&path).min(most),
            path,
            is_grantable: most == Access::Write,
        })
    }

    /// Which area an open file is in. It is asked for only where there are two.
    pub(super) fn area(&self, file: &std::fs::File) -> Area {
        let Some(scratch) = &self.scratch else {
            return Area::Workspace;
        };
        match real_path(file.as_raw_fd()) {
            Ok(real) if !real.starts_with(scratch.path()) => Area::Workspace,
            // Without an answer of the kernel, the narrower quota counts.
            _ => Area::Scratch,
        }
    }
}

/// What is left of a step's files once its guest is gone.
pub(crate) struct Leftover {
    pub(crate) account: Arc<Account>,
    scratch: Option<Scratch>,
}

impl Leftover {
    /// Waits for what is under way, and removes what the step leaves nobody.
    pub(crate) async fn clear(self) {
        self.account.settle().await;
        if let Some(scratch) = self.scratch {
            // Removing a large tree takes its time.
            drop(tokio::task::spawn_blocking(move || drop(scratch)).await);
        }
    }
}

/// Where the kernel says that an open file is.
pub(super) fn real_path(fd: std::os::fd::RawFd) -> std::io::Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{fd}"))
}

fn permissions(access: Access) -> Option<FsPerms> {
    match access {
        Access::None => None,
        Access::Read => Some(FsPerms::ReadOnly),
        Access::Write => Some(FsPerms::ReadWrite),
    }
}

/// Opens a folder beneath another one, name by name and through no symbolic link.
fn descend(root: &OwnedFd, names: &[&str], create: bool) -> Result<OwnedFd, Errno> {
    let open = |within: &OwnedFd, name: &str| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(within, name, flags, Mode::empty())
    };
    let mut folder = open(root, ".")?;
    for name in names {
        folder = match open(&folder, name) {
            Err(Errno::NOENT) if create => {
                match rustix::fs::mkdirat(&folder, *name, Mode::RWXU | Mode::RWXG | Mode::RWXO) {
                    // Another step may be faster.
                    Ok(()) | Err(Errno::EXIST) => open(&folder, name)?,
                    Err(error) => return Err(error),
                }
            }
            opened => opened?,
        };
    }
    Ok(folder)
}
