//! The one call that opens, and what it finds on the way.

use super::place::Wish;
use super::{Dir, borrow};
use crate::state::StepState;
use wasmtime::component::Resource;
use wasmtime_wasi::FsPerms;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor as _, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult};

/// One call of `open-at`.
pub(super) struct Opening {
    pub(super) dir: Dir,
    pub(super) follow: PathFlags,
    pub(super) path: String,
    pub(super) how: OpenFlags,
    pub(super) flags: DescriptorFlags,
}

impl Opening {
    pub(super) async fn run(mut self, state: &mut StepState) -> FsResult<Dir> {
        if self.how.contains(OpenFlags::TRUNCATE) {
            self.flags |= DescriptorFlags::WRITE;
        }
        let changes = self.how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE)
            || self.flags.contains(DescriptorFlags::WRITE);
        // A directory is opened for changes by habit: what they lead to is checked later.
        if !changes || self.how.contains(OpenFlags::DIRECTORY) {
            let opened = self.open(state, self.how).await?;
            return self.keep(state, opened, Wish::Read).await;
        }
        if state.permissions(&self.dir)?.write_not_permitted() {
            return Err(state.denied_change(&self.dir, &self.path).await);
        }
        if !self.how.contains(OpenFlags::EXCLUSIVE) {
            let without_effect = self.how & !(OpenFlags::CREATE | OpenFlags::TRUNCATE);
            match self.open(state, without_effect).await {
                Ok(opened) => {
                    let opened = self.keep(state, opened, Wish::Change).await?;
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
        let folder = state.folder_for_one_more(&self.dir, &self.path).await?;
        // Not through a symbolic link: it would create where nobody has looked.
        let made = Self {
            dir: folder.opened,
            follow: PathFlags::empty(),
            path: folder.name,
            ..self
        };
        let opened = made.open(state, made.how).await;
        state.close(made.dir)?;
        state.count_created(opened)
    }

    async fn open(&self, state: &mut StepState, how: OpenFlags) -> FsResult<Dir> {
        state
            .refuse_special(&self.dir, self.follow, &self.path)
            .await?;
        let opened = state
            .filesystem()
            .open_at(
                borrow(&self.dir),
                self.follow,
                self.path.clone(),
                how,
                self.flags,
            )
            .await;
        match opened {
            // What leads out of the workspace is refused below; here it is told.
            Err(error) if matches!(error.downcast_ref(), Some(ErrorCode::NotPermitted)) => {
                Err(state.denied("opening", &self.dir, &self.path).await)
            }
            opened => opened,
        }
    }

    /// Lets the guest have what was opened, if the place where it is allows the wish; and if the
    /// place allows reading only, for that only.
    async fn keep(&self, state: &mut StepState, opened: Dir, wish: Wish) -> FsResult<Dir> {
        match state.place(&opened, "") {
            Ok(place) if place.allows(wish) => {
                if !place.allows(Wish::Change) {
                    match state.table.get_mut(&opened).map_err(FsError::trap)? {
                        Descriptor::File(file) => file.perms = FsPerms::ReadOnly,
                        Descriptor::Dir(dir) => dir.perms = FsPerms::ReadOnly,
                    }
                }
                Ok(opened)
            }
            found => {
                state.close(opened)?;
                Err(match (found, wish) {
                    (Ok(_), Wish::Change) => state.denied_change(&self.dir, &self.path).await,
                    _ => state.denied("opening", &self.dir, &self.path).await,
                })
            }
        }
    }
}

impl StepState {
    pub(super) async fn set_times(
        &mut self,
        dir: Dir,
        follow: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        if !follow.contains(PathFlags::SYMLINK_FOLLOW) {
            let folder = self.folder_of(&dir, &path).await?;
            let done = self
                .filesystem()
                .set_times_at(
                    borrow(&folder.opened),
                    follow,
                    folder.name,
                    accessed,
                    modified,
                )
                .await;
            self.close(folder.opened)?;
            return done;
        }
        if self.permissions(&dir)?.write_not_permitted() {
            return Err(self.denied_change(&dir, &path).await);
        }
        // What counts is where the link leads; and WASI's own function would open a pipe.
        let opening = Opening {
            dir,
            follow,
            path,
            how: OpenFlags::empty(),
            flags: DescriptorFlags::READ,
        };
        let opened = opening.open(self, opening.how).await?;
        let opened = opening.keep(self, opened, Wish::Change).await?;
        let file = Resource::new_borrow(opened.rep());
        let done = self.filesystem().set_times(file, accessed, modified).await;
        self.close(opened)?;
        done
    }
}
