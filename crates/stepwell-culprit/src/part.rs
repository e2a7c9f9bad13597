//! A component that takes part in a search, and what it may do.

use stepwell_event::{Access, Digest, Grants, Limits, Role};

/// An oracle, strategist, notifier or publisher that is ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the project calls it.
    pub name: String,
    /// The component.
    pub component: Digest,
    /// What it is.
    pub role: Role,
    /// What the user configured: the text of a JSON object.
    pub config: String,
    /// Its access to the files that it is asked about; never [`Access::Write`] for an oracle.
    pub workspace: Access,
    /// The whole environment of the guest.
    pub env: Vec<(String, String)>,
    /// What else it may do, secrets filled in.
    pub grants: Grants,
    /// What it may use at one question.
    pub limits: Limits,
}

impl Part {
    /// The most trials worth asking of one judgement, at least 1.
    pub(crate) fn max_trials(&self) -> u32 {
        match &self.role {
            Role::Oracle { about, .. } => about.max_trials.max(1),
            _ => 1,
        }
    }
}
