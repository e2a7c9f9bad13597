//! The workspace: WASI's own functions with a look before them.
//!
//! **Named pipes.** Opening one waits for its other end, on a thread that nothing can interrupt: it
//! would outlive the step, and enough of them would take every thread that files are read on. A
//! guest cannot make a pipe, but a checkout or an earlier program can have left one. So what is
//! neither file nor folder is refused before it is opened.
//!
//! **Folders that are not the guest's.** A workspace is often a project as people have it on disk,
//! and two of its folders are trusted by programs outside of the sandbox: `.stepwell`, where the journal is, and `.git`, whose hooks and
//! configuration Git runs. A guest cannot open anything of the first and can only read the second,
//! wherever in the tree they are and whatever symbolic links lead to them.
//!
//! A path says little about where it leads, so what counts is where an open descriptor really is,
//! as the kernel tells it. Opening has therefore no effect before that is known: a file is
//! truncated only afterwards, and created only in a folder that was looked at. Everything else that
//! changes the tree is checked by the folder that it changes.

use crate::state::StepState;
use std::ffi::OsStr;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use stepwell_event::Denial;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, ErrorCode, Host as _, HostDescriptor as _, NewTimestamp,
    OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult};

const JOURNAL: &str = ".stepwell";
const GIT: &str = ".git";

const INTERFACE: &str = "wasi:filesystem/types@0.2.12";

type Dir = Resource<Descriptor>;
type Store<'a> = StoreContextMut<'a, StepState>;

/// Replaces the functions of `wasi:filesystem` that open a path or change what it names.
pub(crate) fn guard(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(INTERFACE)?;
    types.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store: Store<'_>,
         (dir, follow, path, how, flags): (Dir, PathFlags, String, OpenFlags, DescriptorFlags)| {
            Box::new(async move {
                let state = store.data_mut();
                let opened = Opening { dir, follow, path, how, flags }.run(state).await;
                state.answer(opened)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.create-directory-at",
        |mut store: Store<'_>, (dir, path): (Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.create_directory(dir, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.remove-directory-at",
        |mut store: Store<'_>, (dir, path): (Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.remove_directory(dir, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.unlink-file-at",
        |mut store: Store<'_>, (dir, path): (Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.unlink_file(dir, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.symlink-at",
        |mut store: Store<'_>, (dir, target, path): (Dir, String, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.symlink(dir, target, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store: Store<'_>, (from, old, to, new): (Dir, String, Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.rename(from, old, to, new).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store: Store<'_>,
         (from, follow, old, to, new): (Dir, PathFlags, String, Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.link(from, follow, old, to, new).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.set-times-at",
        |mut store: Store<'_>,
         (dir, follow, path, accessed, modified): (
            Dir,
            PathFlags,
            String,
            NewTimestamp,
            NewTimestamp,
        )| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.set_times(dir, follow, path, accessed, modified).await;
                state.answer(done)
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What a guest wants to do with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Read,
    Change,
}

/// Whether the place `path`, relative to the workspace, is closed to the wish.
fn is_closed(path: &Path, wish: Wish) -> bool {
    path.components().any(|part| {
        let part: &OsStr = part.as_os_str();
        part.eq_ignore_ascii_case(JOURNAL)
            || (wish == Wish::Change && part.eq_ignore_ascii_case(GIT))
    })
}

/// The folder that an operation on `path` changes, and the name in it. A path that ends in `.` or
/// `..` names a folder that is looked at itself.
fn split(path: &str) -> (&str, &str) {
    let trimmed = path.trim_end_matches('/');
    let (parent, name) = trimmed.rsplit_once('/').unwrap_or((".", trimmed));
    match name {
        "" | "." | ".." => (path, ""),
        name => (if parent.is_empty() { "/" } else { parent }, name),
    }
}

/// One call of `open-at`.
struct Opening {
    dir: Dir,
    follow: PathFlags,
    path: String,
    how: OpenFlags,
    flags: DescriptorFlags,
}

impl Opening {
    async fn run(mut self, state: &mut StepState) -> FsResult<Dir> {
        if self.how.contains(OpenFlags::TRUNCATE) {
            self.flags |= DescriptorFlags::WRITE;
        }
        let changes = self.how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE)
            || self
                .flags
                .intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY);
        if !changes {
            let opened = self.open(state, self.follow, self.how).await?;
            return state.keep_if_open_to(opened, Wish::Read, &self.path).await;
        }
        // A directory is opened for changes by habit: what it leads to is checked later.
        let is_directory = self.how.contains(OpenFlags::DIRECTORY);
        let wish = if is_directory {
            Wish::Read
        } else {
            Wish::Change
        };
        if !self.how.contains(OpenFlags::EXCLUSIVE) {
            let without_effect = self.how & !(OpenFlags::CREATE | OpenFlags::TRUNCATE);
            match self.open(state, self.follow, without_effect).await {
                Ok(opened) => {
                    let opened = state.keep_if_open_to(opened, wish, &self.path).await?;
                    if self.how.contains(OpenFlags::TRUNCATE) {
                        let file = Resource::new_borrow(opened.rep());
                        state.filesystem().set_size(file, 0).await?;
                    }
                    return Ok(opened);
                }
                Err(error) if !self.how.contains(OpenFlags::CREATE) => return Err(error),
                // Most likely it is not there; if it is something else, creating it tells.
                Err(_) => {}
            }
        }
        state.may_change(&self.dir, &self.path).await?;
        // Not through a symbolic link: it would create where nobody has looked.
        let opened = self.open(state, PathFlags::empty(), self.how).await?;
        state.keep_if_open_to(opened, wish, &self.path).await
    }

    async fn open(
        &self,
        state: &mut StepState,
        follow: PathFlags,
        how: OpenFlags,
    ) -> FsResult<Dir> {
        state.refuse_special(&self.dir, follow, &self.path).await?;
        let dir = Resource::new_borrow(self.dir.rep());
        state
            .filesystem()
            .open_at(dir, follow, self.path.clone(), how, self.flags)
            .await
    }
}

impl StepState {
    fn answer<T>(&mut self, done: FsResult<T>) -> wasmtime::Result<(Result<T, ErrorCode>,)> {
        match done {
            Ok(value) => Ok((Ok(value),)),
            Err(error) => Ok((Err(self.filesystem().convert_error_code(error)?),)),
        }
    }

    async fn create_directory(&mut self, dir: Dir, path: String) -> FsResult<()> {
        self.may_change(&dir, &path).await?;
        self.filesystem().create_directory_at(dir, path).await
    }

    async fn remove_directory(&mut self, dir: Dir, path: String) -> FsResult<()> {
        self.may_change(&dir, &path).await?;
        self.filesystem().remove_directory_at(dir, path).await
    }

    async fn unlink_file(&mut self, dir: Dir, path: String) -> FsResult<()> {
        self.may_change(&dir, &path).await?;
        self.filesystem().unlink_file_at(dir, path).await
    }

    async fn symlink(&mut self, dir: Dir, target: String, path: String) -> FsResult<()> {
        self.may_change(&dir, &path).await?;
        self.filesystem().symlink_at(dir, target, path).await
    }

    async fn rename(&mut self, from: Dir, old: String, to: Dir, new: String) -> FsResult<()> {
        self.may_change(&from, &old).await?;
        self.may_change(&to, &new).await?;
        self.filesystem().rename_at(from, old, to, new).await
    }

    /// Both ends are checked: a second name of a file is as good as the first.
    async fn link(
        &mut self,
        from: Dir,
        follow: PathFlags,
        old: String,
        to: Dir,
        new: String,
    ) -> FsResult<()> {
        self.may_change(&from, &old).await?;
        self.may_change(&to, &new).await?;
        self.filesystem().link_at(from, follow, old, to, new).await
    }

    async fn set_times(
        &mut self,
        dir: Dir,
        follow: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        if !follow.contains(PathFlags::SYMLINK_FOLLOW) {
            self.may_change(&dir, &path).await?;
            let mut files = self.filesystem();
            return files
                .set_times_at(dir, follow, path, accessed, modified)
                .await;
        }
        // What counts is where the link leads; and WASI's own function would open a pipe.
        let opening = Opening {
            dir,
            follow,
            path,
            how: OpenFlags::empty(),
            flags: DescriptorFlags::READ,
        };
        let opened = opening.open(self, follow, opening.how).await?;
        let opened = self
            .keep_if_open_to(opened, Wish::Change, &opening.path)
            .await?;
        let file = Resource::new_borrow(opened.rep());
        let done = self.filesystem().set_times(file, accessed, modified).await;
        self.table.delete(opened).map_err(FsError::trap)?;
        done
    }

    /// Refuses what is neither file nor folder. A path that cannot be looked at is left to the
    /// operation, which knows the right error.
    async fn refuse_special(&mut self, dir: &Dir, follow: PathFlags, path: &str) -> FsResult<()> {
        let dir = Resource::new_borrow(dir.rep());
        match self
            .filesystem()
            .stat_at(dir, follow, path.to_owned())
            .await
            .map(|stat| stat.type_)
        {
            Ok(
                DescriptorType::RegularFile
                | DescriptorType::Directory
                | DescriptorType::SymbolicLink,
            )
            | Err(_) => Ok(()),
            Ok(_) => Err(ErrorCode::Unsupported.into()),
        }
    }

    /// Whether the folder in which `path` names something is open to changes.
    async fn may_change(&mut self, dir: &Dir, path: &str) -> FsResult<()> {
        let (parent, name) = split(path);
        self.refuse_special(dir, PathFlags::SYMLINK_FOLLOW, parent)
            .await?;
        let dir = Resource::new_borrow(dir.rep());
        let opened = self
            .filesystem()
            .open_at(
                dir,
                PathFlags::SYMLINK_FOLLOW,
                parent.to_owned(),
                OpenFlags::DIRECTORY,
                DescriptorFlags::READ,
            )
            .await?;
        let place = self.place(&opened);
        self.table.delete(opened).map_err(FsError::trap)?;
        let place = place?.join(name);
        if is_closed(&place, Wish::Change) {
            return Err(self.denied(&place, Wish::Change).await);
        }
        Ok(())
    }

    async fn keep_if_open_to(&mut self, opened: Dir, wish: Wish, path: &str) -> FsResult<Dir> {
        let place = match self.place(&opened) {
            Ok(place) if !is_closed(&place, wish) => return Ok(opened),
            Ok(place) => place,
            Err(_) => PathBuf::from(path),
        };
        self.table.delete(opened).map_err(FsError::trap)?;
        Err(self.denied(&place, wish).await)
    }

    /// Where a descriptor is, relative to the workspace.
    fn place(&mut self, descriptor: &Dir) -> FsResult<PathBuf> {
        let fd = match self.table.get(descriptor).map_err(FsError::trap)? {
            Descriptor::File(file) => file.file.as_raw_fd(),
            Descriptor::Dir(dir) => dir.dir.as_raw_fd(),
        };
        // Fails closed: without an answer of the kernel nothing is opened.
        let real = std::fs::read_link(format!("/proc/self/fd/{fd}"))
            .map_err(|_| FsError::from(ErrorCode::Access))?;
        let root = self.workspace.as_mut().ok_or(ErrorCode::Access)?.real();
        let root = root.ok_or(ErrorCode::Access)?;
        let place = real
            .strip_prefix(root)
            .map_err(|_| FsError::from(ErrorCode::Access))?;
        Ok(place.to_owned())
    }

    async fn denied(&mut self, place: &Path, wish: Wish) -> FsError {
        let verb = match wish {
            Wish::Read => "opening",
            Wish::Change => "changing",
        };
        let denial = Denial {
            capability: "workspace".to_owned(),
            target: format!("{verb} `{}`", place.display()),
            grant: None,
        };
        self.link.deny(denial).await;
        ErrorCode::NotPermitted.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_closed_and_git_is_read_only_at_any_depth() {
        let check = |path: &str, read, change| {
            assert_eq!(
                is_closed(Path::new(path), Wish::Read),
                read,
                "reading {path}"
            );
            assert_eq!(
                is_closed(Path::new(path), Wish::Change),
                change,
                "changing {path}"
            );
        };
        check("", false, false);
        check("src/main.rs", false, false);
        check(".gitignore", false, false);
        check(".git/hooks/pre-commit", false, true);
        check("vendor/x/.git", false, true);
        check(".GIT/config", false, true);
        check(".stepwell", true, true);
        check("a/.stepwell/journal.db", true, true);
    }

    #[test]
    fn the_folder_that_changes_is_found() {
        assert_eq!(split("a"), (".", "a"));
        assert_eq!(split("a/b/"), ("a/b".rsplit_once('/').unwrap().0, "b"));
        assert_eq!(split("a/.."), ("a/..", ""));
        assert_eq!(split("."), (".", ""));
        assert_eq!(split("/a"), ("/", "a"));
    }
}
