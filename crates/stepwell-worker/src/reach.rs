//! What the steps of one worker may reach, and how much they may take: what its walls leave open.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use stepwell_event::{Access, StepRequest};

/// What a worker's walls leave open. Walls can only get higher, so a worker whose steps come to need
/// more is replaced by one that has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reach {
    /// The folder that its steps see.
    pub(crate) workspace: Option<PathBuf>,
    /// Whether they may change what is in it.
    pub(crate) write: bool,
    /// Whether they have a folder `/tmp`.
    pub(crate) scratch: bool,
    /// Bytes of linear memory.
    pub(crate) memory: u64,
    /// Open resources, each of which may be a file.
    pub(crate) resources: u64,
    /// The size of a file.
    pub(crate) file_size: u64,
}

impl Reach {
    /// What a step needs.
    pub(crate) fn of(request: &StepRequest) -> Self {
        let access = |grant: &stepwell_event::WorkspaceGrant| {
            let folders = grant.folders.iter().map(|(_, access)| *access);
            folders.fold(grant.access, Access::max)
        };
        let granted = request
            .workspace
            .as_ref()
            .filter(|grant| access(grant) != Access::None);
        Self {
            workspace: granted.map(|grant| grant.path.clone()),
            write: granted.is_some_and(|grant| access(grant) == Access::Write),
            scratch: request.grants.scratch.is_some(),
            memory: request.limits.memory,
            resources: request.limits.resources,
            file_size: request.limits.file_size,
        }
    }

    /// The places that remain open, and whether they may be changed.
    pub(crate) fn doors(&self) -> Vec<(&Path, bool)> {
        let workspace = self.workspace.as_deref();
        workspace.map(|path| (path, self.write)).into_iter().collect()
    }

    /// Whether a step that needs `other` needs nothing beyond this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.clone().and(other) == *self
    }

    /// This and `other`. There is one workspace to a job; should there be another, it takes the place
    /// of the first.
    pub(crate) fn and(self, other: &Self) -> Self {
        Self {
            workspace: other.workspace.clone().or(self.workspace),
            write: self.write || other.write,
            scratch: self.scratch || other.scratch,
            memory: self.memory.max(other.memory),
            resources: self.resources.max(other.resources),
            file_size: self.file_size.max(other.file_size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(workspace: Option<&str>, write: bool, memory: u64) -> Reach {
        Reach {
            workspace: workspace.map(PathBuf::from),
            write,
            memory,
            ..Reach::default()
        }
    }

    #[test]
    fn a_worker_covers_what_needs_no_more_than_it_has() {
        let worker = reach(Some("/w"), false, 10);
        for (needed, covered) in [
            (reach(None, false, 10), true),
            (reach(Some("/w"), false, 5), true),
            (reach(Some("/w"), true, 5), false),
            (reach(Some("/other"), false, 5), false),
            (reach(None, false, 11), false),
        ] {
            assert_eq!(worker.covers(&needed), covered, "{needed:?}");
            assert!(worker.clone().and(&needed).covers(&needed), "{needed:?}");
        }
    }
}
