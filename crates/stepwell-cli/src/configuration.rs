//! What the user says of this machine, and what is found out about it.

use crate::environment::Environment;
use crate::problem::Problems;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use stepwell_culprit::{Encryption, Login, MailServer, Post};
use stepwell_diagnostic::{Diagnostic, Sources};
use stepwell_event::LIMITS;
use stepwell_plan::{Capabilities, Ceilings};
use stepwell_sandbox::{Dial, DirectDial};
use stepwell_spec::{Host, Isolation, MailEncryption};

/// Bytes of a configuration file.
const MAX_FILE: u64 = 1 << 20;

/// What the agent is called that runs jobs on the user's own machine. The machine's name is nothing
/// that a step should learn.
const LOCAL: &str = "local";

/// What the configuration file says.
#[derive(Debug)]
pub(crate) struct Configuration {
    host: Host,
    /// The file, for people.
    name: String,
}

impl Configuration {
    /// Reads the file; there need not be one.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, Problems> {
        let name = file.map(|file| file.display().to_string());
        let name = name.unwrap_or_default();
        let text = match file {
            Some(file) => text(file).map_err(|why| {
                let message = format!("cannot read `{name}`: {why}");
                Problems::of_file(&name, Diagnostic::error("unreadable-file", message))
            })?,
            None => String::new(),
        };
        let (host, diagnostics) = stepwell_spec::read_host(&text);
        match host {
            Some(host) => Ok(Self { host, name }),
            None => Err(Problems {
                sources: Sources::of(name, text),
                diagnostics,
            }),
        }
    }

    /// What a pipeline can have at most.
    pub(crate) fn ceilings(&self) -> Ceilings {
        let limits = LIMITS.iter().filter_map(|spec| {
            let most = self.host.limits.get(spec.kind)?;
            Some((spec.kind, most.value))
        });
        Ceilings {
            limits: limits.collect(),
            timeout: self.host.timeout,
            scratch: None,
            hosts: self.host.network,
            origin: format!("`{}`", self.name),
        }
    }

    /// The isolation of a run that asks for `asked`, or for none.
    pub(crate) fn isolation(&self, asked: Option<Isolation>) -> Result<Isolation, Diagnostic> {
        self.host.isolation(asked, Isolation::Job).map_err(|least| {
            let asked = asked.unwrap_or(least).as_str();
            let (least, name) = (least.as_str(), &self.name);
            let message =
                format!("`--isolation {asked}` is less than this host asks for: `{least}`");
            Diagnostic::error("isolation", message).help(format!(
                "leave the option out, or change `[isolation] minimum` in `{name}`"
            ))
        })
    }

    /// Who connects to other machines for steps.
    pub(crate) fn dial(&self) -> Arc<dyn Dial> {
        Arc::new(DirectDial::new(self.host.private.clone()))
    }

    /// Who sends letters, if the host says so. A password comes from an environment variable.
    pub(crate) fn post(&self) -> Result<Option<Post>, Diagnostic> {
        let Some(mail) = &self.host.mail else {
            return Ok(None);
        };
        let wrong = |message: String| {
            let place = format!("see `[mail]` in `{}`", self.name);
            Diagnostic::error("mail", message).help(place)
        };
        let login = match &mail.login {
            Some((user, variable)) => {
                let password = Environment::variable(variable).ok_or_else(|| {
                    wrong(format!("the environment variable `{variable}` is not set"))
                })?;
                Some(Login {
                    user: user.clone(),
                    password,
                })
            }
            None => None,
        };
        let server = MailServer {
            host: mail.host.clone(),
            port: mail.port,
            encryption: match mail.encryption {
                MailEncryption::Tls => Encryption::Tls,
                MailEncryption::StartTls => Encryption::StartTls,
                MailEncryption::None => Encryption::None,
            },
            login,
            from: mail.from.clone(),
            allow: mail.allow.clone(),
        };
        let post = Post::new(&server).map_err(|error| wrong(error.to_string()))?;
        Ok(Some(post))
    }

    /// What the agent is called.
    pub(crate) fn agent_name(&self) -> &str {
        self.host.agent.as_deref().unwrap_or(LOCAL)
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
        found.chain(self.host.capabilities.clone()).collect()
    }
}

/// What is in the file; nothing if there is none.
fn text(file: &Path) -> Result<String, String> {
    match fs::metadata(file) {
        Ok(metadata) if metadata.len() > MAX_FILE => {
            return Err("it is larger than 1 MiB".to_owned());
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error.to_string()),
    }
    fs::read_to_string(file).map_err(|error| error.to_string())
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
