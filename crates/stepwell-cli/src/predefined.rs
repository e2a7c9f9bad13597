//! The variables that are there in every run, named as in Azure Pipelines.
//!
//! They say nothing of the host that a step need not know: paths are those that a step sees, and the
//! agent's name is the one that the user gives it.

use crate::configuration::{Configuration, architecture, os};
use std::path::Path;
use stepwell_runner::StartVariable;
use stepwell_workspace::Checkout;

/// Where a step finds the project.
const ROOT: &str = "/";

/// All but those that need the run's number.
pub(crate) fn variables(
    configuration: &Configuration,
    checkout: &Checkout,
    pipeline: &str,
    project: &Path,
) -> Vec<StartVariable> {
    let agent = configuration.agent_name();
    let branch = &checkout.branch;
    let short = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    let last = short.rsplit('/').next().unwrap_or(short);
    let project = project
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    [
        ("Agent.Name", agent),
        ("Agent.OS", os()),
        ("Agent.OSArchitecture", architecture()),
        ("Agent.Version", env!("CARGO_PKG_VERSION")),
        ("Build.DefinitionName", pipeline),
        ("Build.Reason", "Manual"),
        ("Build.SourceBranch", branch),
        ("Build.SourceBranchName", last),
        ("Build.SourcesDirectory", ROOT),
        ("Build.SourceVersion", &checkout.commit),
        ("Pipeline.Workspace", ROOT),
        ("System.DefaultWorkingDirectory", ROOT),
        ("System.HostType", "build"),
        ("System.TeamProject", &project),
    ]
    .into_iter()
    .map(|(name, value)| StartVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        read_only: true,
        untrusted: false,
    })
    .collect()
}
