//! What may be written in a rule: each part of one is read by a function that says what is wrong
//! with it. What they return is in the spelling that [`decide`](crate::decide) compares with.

use crate::decision::{is_method, is_token, split_port};
use crate::host::{Host, HostError};
use crate::path;

/// Why a part of a rule cannot be used, as a lowercase fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Its host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A URL where a host belongs.
    #[error("`{0}` is a URL; write the host alone, and its port and paths beside it")]
    Url(String),
    /// A port where a host belongs.
    #[error("`{0}` has a port; write it beside the host, as `port`")]
    PortInHost(String),
    /// `*` elsewhere than in front.
    #[error("`{0}`: `*` can only stand for the names in front, as in `*.example.com`")]
    Star(String),
    /// `*.com`.
    #[error("`{0}` would be for every host of a domain that anybody can register in")]
    TooWide(String),
    /// Its method.
    #[error("`{0}` is no method; write one such as `GET`, in upper case")]
    Method(String),
    /// A method that no rule allows.
    #[error("`{0}` cannot be allowed: it would undo the other rules")]
    ForbiddenMethod(String),
    /// Its path.
    #[error("`{0}` does not begin with `/`")]
    Path(String),
    /// A path that no request has.
    #[error(
        "`{0}` fits no path: `.`, `..`, queries, `\\` and encoded separators are never matched"
    )]
    AmbiguousPath(String),
    /// A path that is too long.
    #[error("the path has more than 256 characters")]
    LongPath,
    /// A header's name.
    #[error("`{0}` is no name of a header")]
    Header(String),
    /// A header that the connection decides.
    #[error("the header `{0}` belongs to the connection and cannot be set")]
    ForbiddenHeader(String),
}

/// Reads the host of a rule for requests.
///
/// # Errors
///
/// It is no host, no address and no `*.` with a domain.
pub fn host_pattern(text: &str) -> Result<String, RuleError> {
    let own = || text.to_owned();
    if text.contains("://") {
        return Err(RuleError::Url(own()));
    }
    let domain = text.strip_prefix("*.");
    let rest = domain.unwrap_or(text);
    if rest.contains('*') {
        return Err(RuleError::Star(own()));
    }
    match (Host::parse(rest), domain) {
        (Ok(host), None) => Ok(host.to_string()),
        (Ok(Host::Name(name)), Some(_)) if name.contains('.') => Ok(format!("*.{name}")),
        (Ok(Host::Name(_)), Some(_)) => Err(RuleError::TooWide(own())),
        (Ok(Host::Address(_)), Some(_)) => Err(RuleError::Star(own())),
        (Err(_), _) if rest.contains('/') => Err(RuleError::Url(own())),
        (Err(error), _) => match split_port(rest) {
            Ok((host, Some(_))) if Host::parse(host).is_ok() => Err(RuleError::PortInHost(own())),
            _ => Err(error.into()),
        },
    }
}

/// Reads a method of a rule.
///
/// # Errors
///
/// It is none, or none that can be allowed.
pub fn method(text: &str) -> Result<String, RuleError> {
    if !is_method(text) || text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(RuleError::Method(text.to_owned()));
    }
    if matches!(text, "CONNECT" | "TRACE") {
        return Err(RuleError::ForbiddenMethod(text.to_owned()));
    }
    Ok(text.to_owned())
}

/// Reads a pattern for paths.
///
/// # Errors
///
/// It is none, or no request's path could fit it.
pub fn path_pattern(text: &str) -> Result<String, RuleError> {
    let own = || text.to_owned();
    if text.len() > path::PATTERN {
        return Err(RuleError::LongPath);
    }
    if !text.starts_with('/') {
        return Err(RuleError::Path(own()));
    }
    if path::is_ambiguous(text) || text.contains(['?', '#']) {
        return Err(RuleError::AmbiguousPath(own()));
    }
    Ok(own())
}

/// Reads the name of a header that a rule sets, in lower case.
///
/// # Errors
///
/// It is none, or one that says where a request goes or where it ends.
pub fn header_name(text: &str) -> Result<String, RuleError> {
    const CONNECTION: [&str; 13] = [
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let name = text.to_ascii_lowercase();
    if name.is_empty() || name.len() > 256 || !name.bytes().all(is_token) {
        return Err(RuleError::Header(text.to_owned()));
    }
    if CONNECTION.contains(&name.as_str()) {
        return Err(RuleError::ForbiddenHeader(name));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T: std::fmt::Debug>(result: Result<T, RuleError>) -> Result<T, String> {
        result.map_err(|error| error.to_string())
    }

    #[test]
    fn a_host_is_a_name_an_address_or_a_domain() {
        let check = |text: &str, expect: Result<&str, &str>| {
            let expect = expect.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(told(host_pattern(text)), expect, "{text}");
        };
        check("API.example.com.", Ok("api.example.com"));
        check("*.Example.com", Ok("*.example.com"));
        check("[::1]", Ok("::1"));
        check("10.0.0.1", Ok("10.0.0.1"));
        check(
            "https://api.example.com",
            Err(
                "`https://api.example.com` is a URL; write the host alone, and its port and paths beside it",
            ),
        );
        check(
            "api.example.com/v1",
            Err(
                "`api.example.com/v1` is a URL; write the host alone, and its port and paths beside it",
            ),
        );
        check(
            "api.example.com:8443",
            Err("`api.example.com:8443` has a port; write it beside the host, as `port`"),
        );
        check(
            "api.*.com",
            Err("`api.*.com`: `*` can only stand for the names in front, as in `*.example.com`"),
        );
        check(
            "*",
            Err("`*`: `*` can only stand for the names in front, as in `*.example.com`"),
        );
        check(
            "*.10.0.0.1",
            Err("`*.10.0.0.1`: `*` can only stand for the names in front, as in `*.example.com`"),
        );
        check(
            "*.com",
            Err("`*.com` would be for every host of a domain that anybody can register in"),
        );
        check(
            "bücher.example",
            Err("the host's name is not ASCII; write it as `xn--…`"),
        );
        check(
            "0x7f.1",
            Err("the host looks like an address, but is not four numbers from 0 to 255"),
        );
        check("me@example.com", Err("there is a user before the host"));
        check("", Err("the host is empty"));
    }

    #[test]
    fn methods_paths_and_headers_are_checked() {
        assert_eq!(told(method("GET")), Ok("GET".to_owned()));
        assert_eq!(
            told(method("get")),
            Err("`get` is no method; write one such as `GET`, in upper case".to_owned())
        );
        assert_eq!(
            told(method("CONNECT")),
            Err("`CONNECT` cannot be allowed: it would undo the other rules".to_owned())
        );
        assert_eq!(path_pattern("/v1/**"), Ok("/v1/**".to_owned()));
        assert_eq!(path_pattern("v1"), Err(RuleError::Path("v1".to_owned())));
        for path in ["/a/../b", "/a?b", "/%2e", "/a b"] {
            let expect = RuleError::AmbiguousPath(path.to_owned());
            assert_eq!(path_pattern(path), Err(expect));
        }
        assert_eq!(
            path_pattern(&format!("/{}", "a".repeat(256))),
            Err(RuleError::LongPath)
        );
        assert_eq!(header_name("Authorization"), Ok("authorization".to_owned()));
        assert_eq!(header_name("a b"), Err(RuleError::Header("a b".to_owned())));
        assert_eq!(header_name(""), Err(RuleError::Header(String::new())));
        for name in ["Host", "content-length", "Transfer-Encoding", "connection"] {
            let expect = RuleError::ForbiddenHeader(name.to_ascii_lowercase());
            assert_eq!(header_name(name), Err(expect));
        }
    }
}
