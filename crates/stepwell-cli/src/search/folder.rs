//! Folders for the files of versions.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{SearchId, Version};
use stepwell_workspace::{ExportLimits, Exporter, ObjectId, Repository, Workspace};

/// Where the folders of processes are, in the project's own folder.
const FOLDER: &str = "bisect";

/// A folder of this process's own beneath `.stepwell`. It is removed with this.
pub(crate) struct WorkFolder {
    journal: PathBuf,
    path: PathBuf,
}

impl WorkFolder {
    /// Makes it, and removes those of processes that are no more.
    pub(crate) fn make(journal: &Path) -> Result<Self, Diagnostic> {
        Self::made(journal).map_err(|error| {
            let message = format!("cannot make a folder for versions in `.stepwell`: {error}");
            Diagnostic::error("no-folder", message)
        })
    }

    fn made(journal: &Path) -> io::Result<Self> {
        let all = journal.join(FOLDER);
        std::fs::create_dir_all(&all)?;
        for entry in std::fs::read_dir(&all)?.flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix("process-"));
            let is_gone = process.is_some_and(|process| {
                process == std::process::id().to_string()
                    || !Path::new("/proc").join(process).exists()
            });
            if is_gone {
                remove(&entry.path());
            }
        }
        let path = all.join(format!("process-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self {
            journal: journal.to_owned(),
            path,
        })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The project's own folder.
    pub(crate) fn journal(&self) -> &Path {
        &self.journal
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(folder: &Path) {
    if let Err(error) = stepwell_workspace::remove(folder) {
        tracing::warn!(%error, folder = %folder.display(), "cannot remove files of versions");
    }
}

/// The folder of a search by hand, in which people work. It lies outside of the project, so that no
/// tool takes the project's files for those of the version.
pub(crate) struct HandFolder(PathBuf);

impl HandFolder {
    /// That of a search.
    pub(crate) fn of(search: SearchId) -> Self {
        Self(std::env::temp_dir().join(format!("stepwell-{search}")))
    }

    /// The files of a version, which may be written to. Those of another version are removed.
    pub(crate) fn files(
        &self,
        repository: &Repository,
        version: &Version,
    ) -> Result<PathBuf, String> {
        let name = version.id.get(..12).unwrap_or(&version.id);
        let path = self.0.join(name);
        if path.exists() {
            return Ok(path);
        }
        self.remove().map_err(|error| error.to_string())?;
        // It may lie where everybody looks.
        let mut private = std::fs::DirBuilder::new();
        let made = private.mode(0o700).create(&self.0);
        made.map_err(|error| error.to_string())?;
        let tree: ObjectId = version
            .tree
            .parse()
            .map_err(|_| "it has no tree".to_owned())?;
        let (store, export) = (self.0.join(".contents"), self.0.join(".export"));
        let exporter = Exporter::new(repository.clone(), &store);
        let exporter = exporter.map_err(|error| error.to_string())?;
        let (limits, never) = (ExportLimits::default(), AtomicBool::new(false));
        exporter
            .export(tree, &export, &limits, &never)
            .map_err(|error| error.to_string())?;
        let draft = self.0.join(".draft");
        std::fs::create_dir(&draft).map_err(|error| error.to_string())?;
        let copied = Workspace::open(&export).and_then(|files| files.copy_to(&draft));
        copied.map_err(|error| error.to_string())?;
        remove(&export);
        std::fs::rename(&draft, &path).map_err(|error| error.to_string())?;
        Ok(path)
    }

    /// Removes it; whether it was there.
    pub(crate) fn remove(&self) -> io::Result<bool> {
        match stepwell_workspace::remove(&self.0) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}
