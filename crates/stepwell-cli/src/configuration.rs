//! What the user says of this machine, and what is found out about it.

use crate::isolation::Isolation;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use stepwell_diagnostic::{Diagnostic, Sources};
use stepwell_plan::Capabilities;

/// Bytes of a configuration file.
const MAX_FILE: u64 = 1 << 20;

/// What the agent is called that runs jobs on the user's own machine. The machine's name is nothing
/// that a step should learn.
const LOCAL: &str = "local";

/// The user's configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Configuration {
    #[serde(default)]
    agent: Agent,
    #[serde(default)]
    isolation: IsolationChoice,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IsolationChoice {
    default: Option<Isolation>,
    minimum: Option<Isolation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Agent {
    name: Option<String>,
    #[serde(default)]
    capabilities: BTreeMap<String, String>,
}

impl Configuration {
    /// Reads the file; there need not be one.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, (Sources, Diagnostic)> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let name = file.display().to_string();
        let unreadable = |why: String| {
            let problem =
                Diagnostic::error("unreadable-file", format!("cannot read `{name}`: {why}"));
            (Sources::of(name.clone(), ""), problem)
        };
        match fs::metadata(file) {
            Ok(metadata) if metadata.len() > MAX_FILE => {
                return Err(unreadable("it is larger than 1 MiB".to_owned()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error.to_string())),
        }
        let text = fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        toml::from_str(&text).map_err(|error| {
            let problem = Diagnostic::error("configuration", error.message());
            let problem = problem.at(error.span().unwrap_or_default(), "");
            let help = "the file may have `[agent]` with `name`, `[agent.capabilities]`, and `[isolation]` with `default` and `minimum`";
            (Sources::of(name.clone(), text.clone()), problem.help(help))
        })
    }

    /// The isolation of runs that do not choose one.
    pub(crate) fn default_isolation(&self) -> Isolation {
        self.isolation.default.unwrap_or_default()
    }

    /// The least isolation that a run may choose.
    pub(crate) fn least_isolation(&self) -> Isolation {
        self.isolation.minimum.unwrap_or(Isolation::Instance)
    }

    /// What the agent is called.
    pub(crate) fn agent_name(&self) -> &str {
        self.agent.name.as_deref().unwrap_or(LOCAL)
    }

    /// What the agent can do: what the user says, over what is found out.
    pub(crate) fn capabilities(&self) -> Capabilities {
        let found = [
            ("Agent.Name", self.agent_name()),
            ("Agent.Version", env!("CARGO_PKG_VERSION")),
            ("Agent.OS", os()),
            ("Agent.OSArchitecture", architecture()),
            ("wasi", "0.2"),
        ];
        let found = found
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        found.chain(self.agent.capabilities.clone()).collect()
    }
}

/// The operating system in Azure's words.
pub(crate) fn os() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Darwin",
        "windows" => "Windows_NT",
        other => other,
    }
}

/// The processor in Azure's words.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "X64",
        "x86" => "X86",
        "aarch64" => "ARM64",
        "arm" => "ARM",
        other => other,
    }
}
