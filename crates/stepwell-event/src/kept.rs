//! What is kept of a step beside the journal.

use crate::Digest;
use serde::{Deserialize, Serialize};

/// Something that a run was asked to keep of a step. The contents are never in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Kept {
    /// The memory and the stacks of a guest that trapped: all that it knew, secrets included.
    CoreDump {
        /// The file, relative to the project if it is in it.
        path: String,
        /// Its size.
        bytes: u64,
    },
    /// What the workspace consisted of when the step began.
    Workspace {
        /// The stored list of all that was there.
        digest: Digest,
        /// How many files, folders and links it names.
        entries: u64,
    },
    /// Something that could not be kept.
    Nothing {
        /// What was asked for, with its article.
        what: String,
        /// Why there is none, as a lowercase fragment.
        reason: String,
    },
}
