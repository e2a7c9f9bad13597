//! What a task may do and use: as a part of the plan for programs, and as lines for people.
//!
//! People see what a task has beyond what every task has; programs see everything. The values of headers
//! are in neither: the names of the secrets in them say what a reader has to know.

use crate::hostile::hostile;
use crate::text::bytes;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use stepwell_event::{Access, HttpRule, UNMETERED};
use stepwell_expr::DateTime;
use stepwell_plan::{Clock, Grant, Random, count, secret};

/// What a task may do and use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct GrantDocument<'p> {
    /// Access to the workspace: `none`, `read` or `write`.
    pub workspace: Access,
    /// Folders of it with more access, access by path.
    #[serde(serialize_with = "folders")]
    pub folders: &'p [(String, Access)],
    /// Bytes of a folder of the step's own; `null` is no such folder.
    pub scratch: Option<u64>,
    /// Patterns of the variables in its environment; `null` is all that are not secret.
    pub env: Option<&'p [String]>,
    /// The names of the secrets that it may ask for.
    pub secrets: &'p [String],
    /// The requests that it may send: all that fit one of these.
    pub hosts: Vec<HostDocument<'p>>,
    /// The time that it sees: `real`, `frozen` at the start of the run, or a time in UTC.
    pub clock: Cow<'static, str>,
    /// The random bytes that it gets: `real` or `seeded`.
    pub random: &'static str,
    /// Bytes of linear memory.
    pub memory: u64,
    /// The most fuel of a step; `null` is any.
    pub fuel: Option<u64>,
    /// Bytes of output per step.
    pub output: u64,
}

/// Requests that a task may send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostDocument<'p> {
    /// `https` or `http`.
    pub scheme: &'static str,
    /// The host's name or address; `*.` in front is one name or more.
    pub host: &'p str,
    /// The port.
    pub port: u16,
    /// The methods; empty is any.
    pub methods: &'p [String],
    /// Patterns for the path; empty is any.
    pub paths: &'p [String],
    /// The names of the headers that the host sets on each request.
    pub headers: Vec<&'p str>,
    /// The names of the secrets in these headers.
    pub header_secrets: BTreeSet<&'p str>,
}

impl<'p> GrantDocument<'p> {
    pub(crate) fn new(grant: &'p Grant) -> Self {
        let limits = &grant.limits;
        Self {
            workspace: grant.workspace,
            folders: &grant.folders,
            scratch: grant.scratch,
            env: grant.env.as_deref(),
            secrets: &grant.secrets,
            hosts: grant.http.iter().map(HostDocument::new).collect(),
            clock: match grant.clock {
                Clock::Real => "real".into(),
                Clock::FrozenAtStart => "frozen".into(),
                Clock::FrozenAt(at_ms) => utc(at_ms).into(),
            },
            random: match grant.random {
                Random::Real => "real",
                Random::Seeded => "seeded",
            },
            memory: limits.memory,
            fuel: (limits.fuel != UNMETERED).then_some(limits.fuel),
            output: limits.output,
        }
    }

    /// What one line has room for.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("workspace: {}", self.workspace.as_str());
        let mut fact = |key: &str, value: &str| line.push_str(&format!(", {key}: {value}"));
        if let Some(scratch) = self.scratch {
            fact("scratch", &bytes(scratch));
        }
        fact("memory", &bytes(self.memory));
        fact("output", &bytes(self.output));
        if let Some(fuel) = self.fuel {
            fact("fuel", &count::format(fuel));
        }
        if self.clock != "real" {
            fact("clock", &self.clock);
        }
        if self.random != "real" {
            fact("random", self.random);
        }
        line
    }

    /// Lines for what one has no room for.
    pub(crate) fn more(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let folders = self.folders.iter();
        lines.extend(
            folders.map(|(path, access)| format!("folder {}: {}", hostile(path), access.as_str())),
        );
        lines.extend(self.hosts.iter().map(HostDocument::line));
        if !self.secrets.is_empty() {
            lines.push(format!("secrets: {}", names(self.secrets)));
        }
        if let Some(env) = self.env {
            lines.push(match env.is_empty() {
                true => "env: none".to_owned(),
                false => format!("env: {}", names(env)),
            });
        }
        lines
    }
}

impl<'p> HostDocument<'p> {
    fn new(rule: &'p HttpRule) -> Self {
        let headers = rule.headers.iter();
        let values = headers.clone().map(|(_, value)| value);
        Self {
            scheme: if rule.tls { "https" } else { "http" },
            host: &rule.host,
            port: rule.port,
            methods: &rule.methods,
            paths: &rule.paths,
            headers: headers.map(|(name, _)| name.as_str()).collect(),
            header_secrets: values.flat_map(|value| secret::names(value)).collect(),
        }
    }

    fn line(&self) -> String {
        let (scheme, host) = (self.scheme, hostile(self.host));
        let mut line = match host.contains(':') {
            true => format!("host {scheme}://[{host}]"),
            false => format!("host {scheme}://{host}"),
        };
        if !matches!((scheme, self.port), ("https", 443) | ("http", 80)) {
            line.push_str(&format!(":{}", self.port));
        }
        let parts = [
            ("methods", names(self.methods)),
            ("paths", names(self.paths)),
            ("headers", names(&self.headers)),
            ("with secrets", names(&self.header_secrets)),
        ];
        let parts = parts.iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<_> = parts
            .map(|(key, names)| format!("{key}: {names}"))
            .collect();
        if !parts.is_empty() {
            line.push_str(&format!("  {}", parts.join("; ")));
        }
        line
    }
}

fn names<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names = names.into_iter();
    let names: Vec<_> = names
        .map(|name| hostile(name.as_ref()).into_owned())
        .collect();
    names.join(", ")
}

/// A time as a pipeline file writes it.
fn utc(at_ms: u64) -> String {
    let seconds = i64::try_from(at_ms / 1000).ok();
    let time = seconds.and_then(|seconds| DateTime::from_unix(seconds, 0, 0));
    let shown = time.map(|time| time.to_string().replace(' ', "T"));
    let shown = shown
        .as_deref()
        .and_then(|text| text.strip_suffix("+00:00"));
    match (shown, at_ms % 1000) {
        (Some(time), 0) => format!("{time}Z"),
        (Some(time), millis) => format!("{time}.{millis:03}Z"),
        (None, _) => format!("{at_ms} ms after 1970"),
    }
}

fn folders<S: Serializer>(folders: &[(String, Access)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(folders.iter().map(|(path, access)| (path, access)))
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_shown_as_the_file_writes_them() {
        for (at_ms, expect) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_767_225_600_000, "2026-01-01T00:00:00Z"),
            (1_709_251_199_500, "2024-02-29T23:59:59.500Z"),
            (u64::MAX, "18446744073709551615 ms after 1970"),
        ] {
            assert_eq!(utc(at_ms), expect);
        }
    }
}
