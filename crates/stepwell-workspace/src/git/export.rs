//! The files of a version, in a folder of their own.
//!
//! Versions next to one another share most of their files. So each content is written once, as a
//! file that nobody may write to, and exports have it under names of their own: exporting one more
//! version costs what it changes, and a name for each file. A guest gets an export only for reading.
//! [`Workspace::copy_to`](crate::Workspace::copy_to) makes files of its own for one that may write.

use super::listing::{Contents, EntryKind, odd};
use super::target::{Store, Target};
use super::{GitError, ObjectId, Repository};
use std::collections::{HashMap, HashSet};
use std::ffi::{CStr, CString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most paths of one kind that [`Exported`] names.
pub const MAX_NAMED: usize = 100;

/// The most bytes of where a symbolic link leads: what systems allow.
const MAX_LINK: u64 = 4095;

/// How a file begins whose content is kept elsewhere by Git LFS.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// How much a version may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportLimits {
    /// Bytes of all files together.
    pub bytes: u64,
    /// Files and folders.
    pub entries: usize,
}

impl Default for ExportLimits {
    /// What a walk through a workspace is allowed.
    fn default() -> Self {
        Self {
            bytes: crate::MAX_TREE_BYTES,
            entries: crate::MAX_ENTRIES,
        }
    }
}

/// What was exported. Paths are hostile texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many files.
    pub files: usize,
    /// How many symbolic links.
    pub links: usize,
    /// The bytes of both.
    pub bytes: u64,
    /// How many contents had to be read from the repository; the others were exported before.
    pub read: usize,
    /// Folders that are empty because other repositories belong there, at most [`MAX_NAMED`].
    pub submodules: Vec<String>,
    /// Files and folders that no guest may see, and that are left out, at most [`MAX_NAMED`]:
    /// `.stepwell` at any depth.
    pub closed: Vec<String>,
    /// How many files only say where Git LFS has their content.
    pub pointers: usize,
}

/// Exports versions of one repository, also side by side.
#[derive(Debug)]
pub struct Exporter {
    repository: Repository,
    path: PathBuf,
    store: Store,
    known: Mutex<Known>,
}

/// What was read from the repository.
#[derive(Debug, Default)]
struct Known {
    /// Files in the store, by content and whether they may be run.
    files: HashSet<(ObjectId, bool)>,
    /// Where links lead.
    links: HashMap<ObjectId, Arc<CStr>>,
    /// Contents that are not the real ones.
    pointers: HashSet<ObjectId>,
}

impl Exporter {
    /// Makes the folder `store` for the contents of files; it is removed again with the exporter.
    /// Exports on the same disk share its files, and stay complete without it.
    ///
    /// # Errors
    ///
    /// The folder is there already, or cannot be made.
    pub fn new(repository: Repository, store: &Path) -> Result<Self, GitError> {
        let failed = |error| GitError::system("make a folder for exported files", error);
        Ok(Self {
            repository,
            path: store.to_owned(),
            store: Store::new(store).map_err(failed)?,
            known: Mutex::default(),
        })
    }

    /// Exports `tree` to the folder `target`, which must not be there yet: every file as it was
    /// committed, nobody's to write to, and all with the same time. What is too much, or must not be
    /// made, is found out before anything is written. After a failure the folder is gone.
    ///
    /// # Errors
    ///
    /// The tree has too much, or something that cannot be; an object is missing; Git or the disk
    /// fails; or `stop` was set.
    pub fn export(
        &self,
        tree: ObjectId,
        target: &Path,
        limits: &ExportLimits,
        stop: &AtomicBool,
    ) -> Result<Exported, GitError> {
        self.export_from(&self.repository, tree, target, limits, stop)
    }

    /// As [`Exporter::export`], with objects of `repository`: the exporter's own, or a
    /// [`Reversal`](super::Reversal) of it.
    ///
    /// # Errors
    ///
    /// As for [`Exporter::export`].
    pub fn export_from(
        &self,
        repository: &Repository,
        tree: ObjectId,
        target: &Path,
        limits: &ExportLimits,
        stop: &AtomicBool,
    ) -> Result<Exported, GitError> {
        let contents = repository.contents(tree, limits, stop)?;
        let read = self.fetch(repository, &contents, stop)?;
        let failed = |error| GitError::system("make a folder for a version", error);
        let folder = Target::new(target).map_err(failed)?;
        self.write(contents, folder, stop)
            .map(|exported| Exported { read, ..exported })
            .inspect_err(|_| {
                // The first failure says more.
                let _ = crate::remove(target);
            })
    }

    /// Reads what is not known yet; says how much that was.
    fn fetch(
        &self,
        repository: &Repository,
        contents: &Contents,
        stop: &AtomicBool,
    ) -> Result<usize, GitError> {
        let mut wanted = Vec::new();
        let mut seen = HashSet::new();
        let known = self.known();
        for entry in &contents.entries {
            let (id, is_known) = match entry.kind {
                EntryKind::File { id, executable } => (id, known.files.contains(&(id, executable))),
                EntryKind::Link { id } => (id, known.links.contains_key(&id)),
                EntryKind::Folder | EntryKind::Submodule => continue,
            };
            if !is_known && seen.insert(entry.kind) {
                wanted.push((id, entry));
            }
        }
        drop(known);
        if wanted.is_empty() {
            return Ok(0);
        }
        let ids: Vec<ObjectId> = wanted.iter().map(|(id, _)| *id).collect();
        repository.blobs(&ids, stop, |at, content| {
            let Some((id, entry)) = wanted.get(at) else {
                return Ok(());
            };
            match entry.kind {
                EntryKind::File { executable, .. } => self.keep_file(*id, executable, content),
                _ => self.keep_link(*id, &entry.path, content),
            }
        })?;
        Ok(wanted.len())
    }

    fn keep_file(
        &self,
        id: ObjectId,
        executable: bool,
        content: &mut dyn Read,
    ) -> Result<(), GitError> {
        let failed = |error| GitError::system("write a file of a version", error);
        let mut start = Vec::new();
        let mut start_of = content.take(POINTER.len() as u64);
        start_of.read_to_end(&mut start).map_err(failed)?;
        let is_pointer = start == POINTER;
        let whole = &mut start.chain(content);
        self.store.put(id, executable, whole).map_err(failed)?;
        let mut known = self.known();
        known.files.insert((id, executable));
        if is_pointer {
            known.pointers.insert(id);
        }
        Ok(())
    }

    fn keep_link(&self, id: ObjectId, path: &[u8], content: &mut dyn Read) -> Result<(), GitError> {
        let failed = |error| GitError::system("read a symbolic link of a version", error);
        let mut target = Vec::new();
        let mut room = content.take(MAX_LINK + 1);
        room.read_to_end(&mut target).map_err(failed)?;
        let fits = !target.is_empty() && target.len() as u64 <= MAX_LINK;
        let target = CString::new(target).ok().filter(|_| fits);
        let target = target.ok_or_else(|| odd(path, "is a link to what no path can be"))?;
        self.known().links.insert(id, target.into());
        Ok(())
    }

    /// Makes everything in the folder.
    fn write(
        &self,
        contents: Contents,
        mut folder: Target,
        stop: &AtomicBool,
    ) -> Result<Exported, GitError> {
        let mut exported = Exported {
            bytes: contents.bytes,
            closed: contents
                .closed
                .iter()
                .take(MAX_NAMED)
                .map(|path| text(path))
                .collect(),
            ..Exported::default()
        };
        for entry in &contents.entries {
            if stop.load(Ordering::Relaxed) {
                return Err(GitError::Stopped);
            }
            let path = &entry.path;
            match entry.kind {
                EntryKind::Folder => folder.folder(path)?,
                EntryKind::Submodule => {
                    folder.folder(path)?;
                    if exported.submodules.len() < MAX_NAMED {
                        exported.submodules.push(text(path));
                    }
                }
                EntryKind::File { id, executable } => {
                    folder.file(path, &self.store, id, executable)?;
                    exported.files += 1;
                    exported.pointers += usize::from(self.known().pointers.contains(&id));
                }
                EntryKind::Link { id } => {
                    let target = self.known().links.get(&id).cloned();
                    let missing = || self.repository.git.missing(&id.to_string());
                    folder.link(path, &target.ok_or_else(missing)?)?;
                    exported.links += 1;
                }
            }
        }
        folder.finish()?;
        Ok(exported)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // There is nobody to tell; what is left is in a folder for such things.
        let _ = crate::remove(&self.path);
    }
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
