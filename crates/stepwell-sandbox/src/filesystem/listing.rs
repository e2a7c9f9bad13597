//! Listings of folders.
//!
//! WASI's own collects all entries at once, names and all, for every listing that a guest holds. So
//! their number is bounded over all of them, and counted before they are collected.

use super::Dir;
use crate::state::StepState;
use std::io;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor as _};
use wasmtime_wasi::p2::{FsError, FsResult, ReaddirIterator};

impl StepState {
    /// Lists a folder, if it fits what the guest may hold.
    pub(super) async fn read_directory(&mut self, dir: Dir) -> FsResult<Resource<ReaddirIterator>> {
        let table = &self.table;
        self.files.listings.retain(|(listing, _)| {
            table
                .get(&Resource::<ReaddirIterator>::new_borrow(*listing))
                .is_ok()
        });
        let held: usize = self.files.listings.iter().map(|(_, entries)| entries).sum();
        let room = self.files.account.listed_entries().saturating_sub(held);
        let folder = match self.table.get(&dir).map_err(FsError::trap)? {
            Descriptor::File(_) => return Err(ErrorCode::NotDirectory.into()),
            Descriptor::Dir(dir) => Arc::clone(&dir.dir),
        };
        let counted = move || {
            let entries = std::fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
            Ok::<_, io::Error>(entries.take(room.saturating_add(1)).count())
        };
        let entries = tokio::task::spawn_blocking(counted)
            .await
            .map_err(|_| FsError::from(ErrorCode::Io))?
            .map_err(|error| FsError::from(ErrorCode::from(&error)))?;
        if entries > room {
            let refused = self
                .files
                .account
                .refuse_listing(held.saturating_add(entries));
            return Err(io::Error::from(refused).into());
        }
        let listing = self.filesystem().read_directory(dir).await?;
        self.files.listings.push((listing.rep(), entries));
        Ok(listing)
    }
}
