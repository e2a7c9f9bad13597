//! A folder of a candidate's files that a run may change.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use stepwell_event::{HostRefusal, Overlay};
use stepwell_workspace::{Workspace, WorkspaceError, WorkspaceErrorKind};

/// A private copy, removed when it is dropped. Making and dropping it block.
#[derive(Debug)]
pub(crate) struct Copy {
    path: PathBuf,
}

impl Copy {
    /// Copies the files in `from` to the folder `to` and lays `overlays` over them.
    pub(crate) fn make(
        from: &Path,
        to: PathBuf,
        overlays: &[Overlay],
    ) -> Result<Self, HostRefusal> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&to);
        made.map_err(|error| HostRefusal::Infrastructure(format!("no copy can be made: {error}")))?;
        let copy = Self { path: to };
        let source = Workspace::open(from).map_err(failed)?;
        source.copy_to(&copy.path).map_err(failed)?;
        if !overlays.is_empty() {
            let workspace = Workspace::open(&copy.path).map_err(failed)?;
            for overlay in overlays {
                let put = workspace.put(&overlay.path, &overlay.content);
                put.map_err(refused)?;
            }
        }
        Ok(copy)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = stepwell_workspace::remove(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "not removed");
        }
    }
}

fn failed(error: WorkspaceError) -> HostRefusal {
    HostRefusal::Infrastructure(words(&error))
}

/// What a path of a guest's led to.
pub(crate) fn refused(error: WorkspaceError) -> HostRefusal {
    let words = words(&error);
    match error.kind() {
        WorkspaceErrorKind::NotFound { .. } => HostRefusal::NotFound(words),
        WorkspaceErrorKind::Outside | WorkspaceErrorKind::Closed | WorkspaceErrorKind::Denied => {
            HostRefusal::Denied(words)
        }
        WorkspaceErrorKind::Folder
        | WorkspaceErrorKind::Special
        | WorkspaceErrorKind::Pattern { .. } => HostRefusal::Invalid(words),
        WorkspaceErrorKind::TooLarge { .. }
        | WorkspaceErrorKind::TooManyFiles { .. }
        | WorkspaceErrorKind::TooManyEntries { .. }
        | WorkspaceErrorKind::TooDeep { .. }
        | WorkspaceErrorKind::TooMuch { .. } => HostRefusal::TooLarge(words),
        WorkspaceErrorKind::Stopped | WorkspaceErrorKind::Other => {
            HostRefusal::Infrastructure(words)
        }
    }
}

fn words(error: &WorkspaceError) -> String {
    match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}
