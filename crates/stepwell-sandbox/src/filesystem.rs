//! The workspace: WASI's own functions with a look before them.
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
//! a single name.
//!
//! **Long folders.** WASI's own listing collects all entries at once; their number is bounded over
//! all listings that a guest holds.

mod linking;
mod place;

pub(crate) use linking::guard;

use crate::profile;
use crate::state::StepState;
use place::{Wish, is_closed, is_private, split};
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_event::{Access, Denial};
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, ErrorCode, Host as _, HostDescriptor as _, NewTimestamp,
    OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult, ReaddirIterator};

/// What would allow a guest to change files.
const WRITE_GRANT: &str = "allow = { workspace = \"write\" }";

type Dir = Resource<Descriptor>;

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
        let read_only = state
            .workspace
            .as_ref()
            .is_some_and(|it| it.access == Access::Read);
        if read_only
            && (self.how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE)
                || self.flags.contains(DescriptorFlags::WRITE))
        {
            let target = format!("changing `{}`", self.path);
            return Err(state.denied(target, Some(WRITE_GRANT)).await);
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
        let (folder, name) = state.folder_of(&self.dir, &self.path).await?;
        // Not through a symbolic link: it would create where nobody has looked.
        let made = Self {
            dir: folder,
            follow: PathFlags::empty(),
            path: name,
            ..self
        };
        let opened = made.open(state, made.follow, made.how).await;
        state.close(made.dir)?;
        opened
    }

    async fn open(
        &self,
        state: &mut StepState,
        follow: PathFlags,
        how: OpenFlags,
    ) -> FsResult<Dir> {
        state.refuse_special(&self.dir, follow, &self.path).await?;
        let opened = state
            .filesystem()
            .open_at(
                borrow(&self.dir),
                follow,
                self.path.clone(),
                how,
                self.flags,
            )
            .await;
        match opened {
            // What leads out of the workspace is refused below; here it is told.
            Err(error) if matches!(error.downcast_ref(), Some(ErrorCode::NotPermitted)) => {
                Err(state.denied(format!("opening `{}`", self.path), None).await)
            }
            opened => opened,
        }
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
        let (folder, name) = self.folder_of(&dir, &path).await?;
        let done = self
            .filesystem()
            .create_directory_at(borrow(&folder), name)
            .await;
        self.close(folder)?;
        done
    }

    async fn remove_directory(&mut self, dir: Dir, path: String) -> FsResult<()> {
        let (folder, name) = self.folder_of(&dir, &path).await?;
        let done = self
            .filesystem()
            .remove_directory_at(borrow(&folder), name)
            .await;
        self.close(folder)?;
        done
    }

    async fn unlink_file(&mut self, dir: Dir, path: String) -> FsResult<()> {
        let (folder, name) = self.folder_of(&dir, &path).await?;
        let done = self
            .filesystem()
            .unlink_file_at(borrow(&folder), name)
            .await;
        self.close(folder)?;
        done
    }

    async fn symlink(&mut self, dir: Dir, target: String, path: String) -> FsResult<()> {
        let (folder, name) = self.folder_of(&dir, &path).await?;
        let done = self
            .filesystem()
            .symlink_at(borrow(&folder), target, name)
            .await;
        self.close(folder)?;
        done
    }

    async fn rename(&mut self, from: Dir, old: String, to: Dir, new: String) -> FsResult<()> {
        let (source, old) = self.folder_of(&from, &old).await?;
        let (target, new) = match self.folder_of(&to, &new).await {
            Ok(found) => found,
            Err(error) => {
                self.close(source)?;
                return Err(error);
            }
        };
        let done = self
            .filesystem()
            .rename_at(borrow(&source), old, borrow(&target), new)
            .await;
        self.close(source)?;
        self.close(target)?;
        done
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
        let (source, old) = self.folder_of(&from, &old).await?;
        let (target, new) = match self.folder_of(&to, &new).await {
            Ok(found) => found,
            Err(error) => {
                self.close(source)?;
                return Err(error);
            }
        };
        let done = self
            .filesystem()
            .link_at(borrow(&source), follow, old, borrow(&target), new)
            .await;
        self.close(source)?;
        self.close(target)?;
        done
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
            let (folder, name) = self.folder_of(&dir, &path).await?;
            let done = self
                .filesystem()
                .set_times_at(borrow(&folder), follow, name, accessed, modified)
                .await;
            self.close(folder)?;
            return done;
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

    /// Opens the folder that an operation on `path` changes, if it is open to changes, and gives
    /// the name in it. The caller closes it.
    async fn folder_of(&mut self, dir: &Dir, path: &str) -> FsResult<(Dir, String)> {
        if self
            .workspace
            .as_ref()
            .is_some_and(|workspace| workspace.access == Access::Read)
        {
            let target = format!("changing `{path}`");
            return Err(self.denied(target, Some(WRITE_GRANT)).await);
        }
        let (parent, name) = split(path).ok_or(ErrorCode::Invalid)?;
        self.refuse_special(dir, PathFlags::SYMLINK_FOLLOW, parent)
            .await?;
        let folder = self
            .filesystem()
            .open_at(
                borrow(dir),
                PathFlags::SYMLINK_FOLLOW,
                parent.to_owned(),
                OpenFlags::DIRECTORY,
                DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
            )
            .await?;
        match self.place(&folder, name, Wish::Change) {
            Ok(Some(_)) => Ok((folder, name.to_owned())),
            Ok(None) => {
                self.close(folder)?;
                Err(self.denied(format!("changing `{path}`"), None).await)
            }
            Err(error) => {
                self.close(folder)?;
                Err(error)
            }
        }
    }

    async fn keep_if_open_to(&mut self, opened: Dir, wish: Wish, path: &str) -> FsResult<Dir> {
        if let Ok(Some(_)) = self.place(&opened, "", wish) {
            return Ok(opened);
        }
        self.close(opened)?;
        let verb = match wish {
            Wish::Read => "opening",
            Wish::Change => "changing",
        };
        Err(self.denied(format!("{verb} `{path}`"), None).await)
    }

    fn close(&mut self, opened: Dir) -> FsResult<()> {
        self.table.delete(opened).map(drop).map_err(FsError::trap)
    }

    /// Where `name` in a descriptor is, relative to the workspace; `None` if it is closed.
    fn place(&mut self, descriptor: &Dir, name: &str, wish: Wish) -> FsResult<Option<PathBuf>> {
        let fd = match self.table.get(descriptor).map_err(FsError::trap)? {
            Descriptor::File(file) => file.file.as_raw_fd(),
            Descriptor::Dir(dir) => dir.dir.as_raw_fd(),
        };
        // Fails closed: without an answer of the kernel nothing is opened.
        let mut real = std::fs::read_link(format!("/proc/self/fd/{fd}"))
            .map_err(|_| FsError::from(ErrorCode::Access))?;
        if !name.is_empty() {
            real.push(name);
        }
        let private = self.private.as_deref();
        if private.is_some_and(|folder| is_private(&real, folder, wish)) {
            return Ok(None);
        }
        let root = self.workspace.as_mut().ok_or(ErrorCode::Access)?.real();
        let root = root.ok_or(ErrorCode::Access)?;
        let place = real
            .strip_prefix(root)
            .map_err(|_| FsError::from(ErrorCode::Access))?;
        Ok((!is_closed(place, wish)).then(|| place.to_owned()))
    }

    async fn denied(&mut self, target: String, grant: Option<&str>) -> FsError {
        let denial = Denial {
            capability: "workspace".to_owned(),
            target,
            grant: grant.map(str::to_owned),
        };
        self.link.deny(denial).await;
        ErrorCode::NotPermitted.into()
    }

    /// Lists a folder, if it fits what the guest may hold.
    async fn read_directory(&mut self, dir: Dir) -> FsResult<Resource<ReaddirIterator>> {
        self.listings.retain(|(listing, _)| {
            self.table
                .get(&Resource::<ReaddirIterator>::new_borrow(*listing))
                .is_ok()
        });
        let held: usize = self.listings.iter().map(|(_, entries)| entries).sum();
        let room = profile::LISTED_ENTRIES.saturating_sub(held);
        let entries = match self.table.get(&dir).map_err(FsError::trap)? {
            Descriptor::File(_) => return Err(ErrorCode::NotDirectory.into()),
            Descriptor::Dir(dir) => {
                let dir = Arc::clone(&dir.dir);
                let counted = move || {
                    let entries = std::fs::read_dir(format!("/proc/self/fd/{}", dir.as_raw_fd()))?;
                    Ok::<_, std::io::Error>(entries.take(room + 1).count())
                };
                tokio::task::spawn_blocking(counted)
                    .await
                    .map_err(|_| FsError::from(ErrorCode::Io))?
                    .map_err(|error| FsError::from(ErrorCode::from(&error)))?
            }
        };
        if entries > room {
            let most = profile::LISTED_ENTRIES;
            let target = format!("holding a listing of more than {most} entries");
            self.denied(target, None).await;
            return Err(ErrorCode::InsufficientMemory.into());
        }
        let listing = self.filesystem().read_directory(dir).await?;
        self.listings.push((listing.rep(), entries));
        Ok(listing)
    }
}

fn borrow(dir: &Dir) -> Dir {
    Resource::new_borrow(dir.rep())
}
