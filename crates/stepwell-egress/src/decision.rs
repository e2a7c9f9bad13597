//! Requests and connections, held against the rules of a step.

use crate::host::{Host, HostError};
use crate::path;
use std::fmt::{self, Write as _};
use stepwell_event::{Grants, HttpRule};

/// A request that is about to be sent, in the one spelling that rules are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    tls: bool,
    host: Host,
    port: u16,
    method: String,
    /// Without the query.
    path: String,
}

/// Why something is no request that anybody may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Its host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Its port.
    #[error("the port is no number from 1 to 65535")]
    Port,
    /// Its method.
    #[error("the method is no word")]
    Method,
    /// It goes to a proxy or to a whole server.
    #[error("the path does not begin with `/`")]
    Path,
}

/// Why no rule is for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No rule allows it; one could.
    NotGranted,
    /// A rule with patterns for paths would be for it, but servers differ in what its path means.
    AmbiguousPath,
    /// `CONNECT` would open a tunnel to anywhere, and what a server answers to `TRACE` is the request
    /// with the headers that the guest must not see. No rule allows them.
    Method,
}

impl Request {
    /// Takes a request apart: `authority` is `host` or `host:port`, `path` may have a query.
    ///
    /// # Errors
    ///
    /// It is none that could be compared with rules.
    pub fn new(tls: bool, authority: &str, method: &str, path: &str) -> Result<Self, Malformed> {
        let (host, port) = split_port(authority)?;
        let port = match port {
            Some(port) => port,
            None if tls => 443,
            None => 80,
        };
        if !is_method(method) {
            return Err(Malformed::Method);
        }
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        if !path.starts_with('/') {
            return Err(Malformed::Path);
        }
        Ok(Self {
            tls,
            host: Host::parse(host)?,
            port,
            method: method.to_owned(),
            path: path.to_owned(),
        })
    }

    /// Where it goes to.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// On which port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The `host` header: the port is left out where it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = self.host.in_url();
        if self.port == self.own_port() {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// The key of a pipeline file that would allow it.
    #[must_use]
    pub fn grant(&self) -> String {
        let mut grant = format!("allow = {{ hosts = [{{ host = \"{}\"", self.host);
        if !self.tls {
            grant += ", scheme = \"http\"";
        }
        if self.port != self.own_port() {
            let _ = write!(grant, ", port = {}", self.port);
        }
        let _ = write!(grant, ", methods = [\"{}\"] }}] }}", self.method);
        grant
    }

    fn own_port(&self) -> u16 {
        if self.tls { 443 } else { 80 }
    }
}

/// `GET https://api.example.com:443/path`, without the query, which may hold anything.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let host = self.host.in_url();
        let Self {
            method, port, path, ..
        } = self;
        write!(f, "{method} {scheme}://{host}:{port}{path}")
    }
}

/// The first rule that is for a request.
///
/// # Errors
///
/// There is none.
pub fn decide<'rules>(
    rules: &'rules [HttpRule],
    request: &Request,
) -> Result<&'rules HttpRule, Refused> {
    if matches!(request.method.as_str(), "CONNECT" | "TRACE") {
        return Err(Refused::Method);
    }
    let mut refused = Refused::NotGranted;
    for rule in rules {
        let fits = rule.tls == request.tls
            && rule.port == request.port
            && (rule.methods.is_empty() || rule.methods.contains(&request.method))
            && request.host.fits(&rule.host);
        if !fits {
            continue;
        }
        if rule.paths.is_empty() {
            return Ok(rule);
        }
        if path::is_ambiguous(&request.path) {
            refused = Refused::AmbiguousPath;
        } else if rule
            .paths
            .iter()
            .any(|pattern| path::fits(&request.path, pattern))
        {
            return Ok(rule);
        }
    }
    Err(refused)
}

/// Whether anything that a step may do needs a connection to `host` on `port`: the question of whoever
/// connects on behalf of a sandbox, and cannot see the requests.
#[must_use]
pub fn may_dial(grants: &Grants, host: &str, port: u16) -> bool {
    let Ok(host) = Host::parse(host) else {
        return false;
    };
    grants
        .http
        .iter()
        .any(|rule| rule.port == port && host.fits(&rule.host))
}

/// `host`, `host:port`, `[::1]:port`. A colon without a port is the scheme's own.
pub(crate) fn split_port(authority: &str) -> Result<(&str, Option<u16>), Malformed> {
    let name_begins = authority.rfind('@').map_or(0, |at| at + 1);
    let bracket = authority.rfind(']').unwrap_or(name_begins);
    let Some(colon) = authority
        .get(bracket..)
        .and_then(|rest| rest.find(':'))
        .map(|at| bracket + at)
    else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at(colon);
    match port.get(1..).unwrap_or_default() {
        "" => Ok((host, None)),
        port => {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            let port = port.parse().ok().filter(|port| digits && *port != 0);
            Ok((host, Some(port.ok_or(Malformed::Port)?)))
        }
    }
}

/// A token of HTTP.
pub(crate) fn is_method(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(is_token)
}

pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests;
