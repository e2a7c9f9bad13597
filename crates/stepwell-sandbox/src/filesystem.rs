//! The files of a step: WASI's own functions with a look before them.
//!
//! **Named pipes.** Opening one waits for its other end, on a thread that nothing can interrupt: it
//! would outlive the step, and enough of them would take every thread that files are read on. A
//! guest cannot make a pipe, but a checkout or an earlier program can have left one. So what is
//! neither file nor folder is refused before it is opened.
//!
//! **Folders that are not the guest's.** A workspace is often a project as people have it on disk,
//! and two of its folders are trusted by programs outside of the sandbox: `.stepwell`, where the journal
//! is, and `.git`, whose hooks and configuration Git runs. A guest cannot open anything of the first and can only read the second,
//! wherever in the tree they are and whatever symbolic links lead to them.
//!
//! The folder of compiled code is closed as well, in case it is in the workspace.
//!
//! A path says little about where it leads, and it may lead elsewhere a moment later: another job
//! can put a symbolic link in its place. So nothing is decided about a path. A file is opened
//! without effect, the kernel is asked where it is, and only then the guest has it or it is
//! truncated. What changes a folder is done in that folder, held open since it was looked at, under
//! a single name. A descriptor of something that may only be read can do no more than that, whatever
//! root it was opened from.
//!
//! Where things live: `area` has the folders of a step and what is granted in them, `place` the
//! names that are closed, `opening` the one call that opens, this file those that change folders,
//! `writing` those that change files, `listing` those that list, `account` the sums, `denial` what
//! the step is told.

mod account;
mod area;
mod denial;
mod height;
mod linking;
mod listing;
mod opening;
mod place;
mod writing;

pub(crate) use area::Files;
pub(crate) use linking::guard;

use crate::state::StepState;
use area::{Place, real_path};
use place::{Wish, split};
use rustix::io::Errno;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::FsPerms;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, ErrorCode, Host as _, HostDescriptor as _, OpenFlags,
    PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult};

type Dir = Resource<Descriptor>;

impl StepState {
    fn answer<T>(&mut self, done: FsResult<T>) -> wasmtime::Result<(Result<T, ErrorCode>,)> {
        match done {
            Ok(value) => Ok((Ok(value),)),
            Err(error) => Ok((Err(self.filesystem().convert_error_code(error)?),)),
        }
    }

    async fn create_directory(&mut self, dir: Dir, path: String) -> FsResult<()> {
        let folder = self.folder_for_one_more(&dir, &path).await?;
        let done = self
            .filesystem()
            .create_directory_at(borrow(&folder.opened), folder.name)
            .await;
        self.close(folder.opened)?;
        self.count_created(done)
    }

    async fn remove_directory(&mut self, dir: Dir, path: String) -> FsResult<()> {
        let folder = self.folder_of(&dir, &path).await?;
        let done = self
            .filesystem()
            .remove_directory_at(borrow(&folder.opened), folder.name)
            .await;
        self.close(folder.opened)?;
        done
    }

    async fn unlink_file(&mut self, dir: Dir, path: String) -> FsResult<()> {
        let folder = self.folder_of(&dir, &path).await?;
        let done = self
            .filesystem()
            .unlink_file_at(borrow(&folder.opened), folder.name)
            .await;
        self.close(folder.opened)?;
        done
    }

    async fn symlink(&mut self, dir: Dir, target: String, path: String) -> FsResult<()> {
        let folder = self.folder_for_one_more(&dir, &path).await?;
        let done = self
            .filesystem()
            .symlink_at(borrow(&folder.opened), target, folder.name)
            .await;
        self.close(folder.opened)?;
        self.count_created(done)
    }

    async fn rename(&mut self, from: Dir, old: String, to: Dir, new: String) -> FsResult<()> {
        let source = self.folder_of(&from, &old).await?;
        let target = match self.folder_of(&to, &new).await {
            Ok(found) => found,
            Err(error) => {
                self.close(source.opened)?;
                return Err(error);
            }
        };
        let done = match self.may_move(&source, &target).await {
            Ok(()) => {
                let (old, new) = (source.name, target.name);
                self.filesystem()
                    .rename_at(borrow(&source.opened), old, borrow(&target.opened), new)
                    .await
            }
            Err(error) => Err(error),
        };
        self.close(source.opened)?;
        self.close(target.opened)?;
        done
    }

    /// Whether what is moved would still be within the depth that the step may use, with all that
    /// is in it.
    async fn may_move(&mut self, source: &Folder, target: &Folder) -> FsResult<()> {
        let account = Arc::clone(&self.files.account);
        account.may_be_at(target.depth).map_err(refused)?;
        if target.depth <= source.depth {
            return Ok(());
        }
        let room = account.depth().saturating_sub(target.depth);
        let Descriptor::Dir(folder) = self.table.get(&source.opened).map_err(FsError::trap)? else {
            return Err(ErrorCode::NotDirectory.into());
        };
        let (folder, name) = (Arc::clone(&folder.dir), source.name.clone());
        let excess = tokio::task::spawn_blocking(move || height::excess(&folder, &name, room))
            .await
            .map_err(|_| FsError::from(ErrorCode::Io))?;
        match excess.map_err(refused)? {
            Some(excess) => account
                .may_be_at(target.depth.saturating_add(excess))
                .map_err(refused),
            None => Ok(()),
        }
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
        let source = self.folder_of(&from, &old).await?;
        let target = match self.folder_for_one_more(&to, &new).await {
            Ok(found) => found,
            Err(error) => {
                self.close(source.opened)?;
                return Err(error);
            }
        };
        let (old, new) = (source.name, target.name);
        let done = self
            .filesystem()
            .link_at(
                borrow(&source.opened),
                follow,
                old,
                borrow(&target.opened),
                new,
            )
            .await;
        self.close(source.opened)?;
        self.close(target.opened)?;
        self.count_created(done)
    }

    /// As [`folder_of`](Self::folder_of), for a name that is about to be created.
    async fn folder_for_one_more(&mut self, dir: &Dir, path: &str) -> FsResult<Folder> {
        let folder = self.folder_of(dir, path).await?;
        if let Err(error) = self.files.account.may_create(folder.depth) {
            self.close(folder.opened)?;
            return Err(refused(error));
        }
        Ok(folder)
    }

    fn count_created<T>(&self, done: FsResult<T>) -> FsResult<T> {
        if done.is_ok() {
            self.files.account.created();
        }
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

    /// Opens the folder that an operation on `path` changes, if it is open to changes.
    async fn folder_of(&mut self, dir: &Dir, path: &str) -> FsResult<Folder> {
        if self.permissions(dir)?.write_not_permitted() {
            return Err(self.denied_change(dir, path).await);
        }
        let (parent, name) = split(path).ok_or(ErrorCode::Invalid)?;
        self.refuse_special(dir, PathFlags::SYMLINK_FOLLOW, parent)
            .await?;
        let opened = self
            .filesystem()
            .open_at(
                borrow(dir),
                PathFlags::SYMLINK_FOLLOW,
                parent.to_owned(),
                OpenFlags::DIRECTORY,
                DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
            )
            .await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                if matches!(error.downcast_ref(), Some(ErrorCode::NoEntry)) {
                    self.miss_scratch(dir, path).await;
                }
                return Err(error);
            }
        };
        match self.place(&opened, name) {
            Ok(place) if place.allows(Wish::Change) => Ok(Folder {
                opened,
                name: name.to_owned(),
                depth: place.path.components().count(),
            }),
            Ok(_) => {
                self.close(opened)?;
                Err(self.denied_change(dir, path).await)
            }
            Err(error) => {
                self.close(opened)?;
                Err(error)
            }
        }
    }

    fn close(&mut self, opened: Dir) -> FsResult<()> {
        self.table.delete(opened).map(drop).map_err(FsError::trap)
    }

    fn permissions(&self, descriptor: &Dir) -> FsResult<FsPerms> {
        Ok(match self.table.get(descriptor).map_err(FsError::trap)? {
            Descriptor::File(file) => file.perms,
            Descriptor::Dir(dir) => dir.perms,
        })
    }

    /// Where `name` in a descriptor is. What is in none of the step's folders is an error.
    fn place(&mut self, descriptor: &Dir, name: &str) -> FsResult<Place> {
        let fd = match self.table.get(descriptor).map_err(FsError::trap)? {
            Descriptor::File(file) => file.file.as_raw_fd(),
            Descriptor::Dir(dir) => dir.dir.as_raw_fd(),
        };
        // Fails closed: without an answer of the kernel nothing is opened.
        let mut real = real_path(fd).map_err(|_| FsError::from(ErrorCode::Access))?;
        if !name.is_empty() {
            real.push(name);
        }
        let place = self.files.place(&real);
        place.ok_or_else(|| ErrorCode::Access.into())
    }
}

/// A folder that may be changed, held open, and the name in it that is meant.
struct Folder {
    opened: Dir,
    name: String,
    /// How many names lead to what is meant, from the root of the workspace.
    depth: usize,
}

fn borrow(dir: &Dir) -> Dir {
    Resource::new_borrow(dir.rep())
}

fn refused(error: Errno) -> FsError {
    std::io::Error::from(error).into()
}
