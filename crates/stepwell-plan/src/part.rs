//! Components that take part in searches for a culprit, with what they are granted.

use crate::{DEFAULT_TIMEOUT, Grant, Request, grant};
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Access, LimitKind};
use stepwell_spec::{Part, PartKind};

/// A component that takes part in searches, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPart {
    /// What it is to be.
    pub kind: PartKind,
    /// What the pipeline calls it.
    pub name: String,
    /// What it is told: the text of a JSON object.
    pub config: String,
    /// What it may do; nothing is ever written to a workspace, and no variable is in the environment.
    pub grant: Grant,
    /// How long one answer may take; `None` is no limit.
    pub timeout: Option<Duration>,
}

impl PlannedPart {
    /// Whether it has a budget of fuel.
    #[must_use]
    pub fn is_metered(&self) -> bool {
        self.grant.limits.fuel != LimitKind::Fuel.spec().default
    }
}

/// Plans a component. It is there exactly if it is intact and no diagnostic is an error.
#[must_use]
pub fn plan_part(part: &Part, request: &Request<'_>) -> (Option<PlannedPart>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let who = format!("{} `{}`", part.kind.as_str(), part.name.value);
    let mut grant = grant::of_allow(&who, &part.allow, &part.limits, request, &mut problems);
    // What an oracle is there for is to look at its candidate.
    if part.kind == PartKind::Oracle && part.allow.workspace.is_none() {
        grant.workspace = Access::Read;
    }
    let (asked, default) = (part.timeout.as_ref(), Some(DEFAULT_TIMEOUT));
    let timeout = request
        .ceilings
        .timeout(&who, asked, default, &mut problems);
    let usable = part.intact && !problems.iter().any(Diagnostic::is_error);
    let planned = usable.then(|| PlannedPart {
        kind: part.kind,
        name: part.name.value.clone(),
        config: part.config.clone(),
        grant,
        timeout,
    });
    (planned, problems)
}
