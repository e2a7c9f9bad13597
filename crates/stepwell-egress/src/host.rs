//! The names of hosts, in the one spelling that rules and requests are compared in.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest name that the DNS can hold.
const NAME: usize = 253;
const LABEL: usize = 63;

/// Where a request goes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name: lower case, without a final dot.
    Name(String),
    /// An address. An IPv4 address in the clothes of an IPv6 one is the IPv4 address.
    Address(IpAddr),
}

/// Why a text is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is none.
    #[error("the host is empty")]
    Empty,
    /// The name is too long for the DNS.
    #[error("the host's name is too long")]
    TooLong,
    /// An internationalised name that is not encoded.
    #[error("the host's name is not ASCII; write it as `xn--…`")]
    NotAscii,
    /// `user@host`.
    #[error("there is a user before the host")]
    User,
    /// `2130706433`, `0x7f.1`, `0177.0.0.1`: an address to some programs and a name to others.
    #[error("the host looks like an address, but is not four numbers from 0 to 255")]
    OddAddress,
    /// Brackets around something else than an IPv6 address.
    #[error("the host is no IPv6 address")]
    BadAddress,
    /// A character or a dot that no name has there.
    #[error("the host's name has a character that it cannot have")]
    BadName,
}

impl Host {
    /// Reads the host of a URL or of a rule; an IPv6 address may have its brackets or not.
    ///
    /// # Errors
    ///
    /// It is neither a name nor an address, or could be taken for either.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if !text.is_ascii() {
            return Err(HostError::NotAscii);
        }
        if text.contains('@') {
            return Err(HostError::User);
        }
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(HostError::BadAddress)?;
            return six(inner);
        }
        if text.contains(':') {
            return six(text);
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(HostError::Empty);
        }
        if name.len() > NAME {
            return Err(HostError::TooLong);
        }
        let name = name.to_ascii_lowercase();
        if looks_like_an_address(&name) {
            let address: Ipv4Addr = name.parse().map_err(|_| HostError::OddAddress)?;
            return Ok(Self::Address(address.into()));
        }
        if name.split('.').all(is_label) {
            Ok(Self::Name(name))
        } else {
            Err(HostError::BadName)
        }
    }

    /// Whether a rule's host is for it: the same name or address, or `*.` and the end of the name.
    pub(crate) fn fits(&self, pattern: &str) -> bool {
        match (self, pattern.strip_prefix("*.")) {
            (Self::Name(name), Some(end)) => name
                .strip_suffix(end)
                .and_then(|front| front.strip_suffix('.'))
                .is_some_and(|front| !front.is_empty() && !end.is_empty()),
            (Self::Address(_), Some(_)) => false,
            (_, None) => Self::parse(pattern).as_ref() == Ok(self),
        }
    }

    /// As in a URL: an IPv6 address in brackets.
    #[must_use]
    pub fn in_url(&self) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.to_string(),
        }
    }
}

/// Without brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

fn six(text: &str) -> Result<Host, HostError> {
    let address: Ipv6Addr = text.parse().map_err(|_| HostError::BadAddress)?;
    Ok(Host::Address(IpAddr::V6(address).to_canonical()))
}

/// Whether some program would take it for an IPv4 address: its last part is a number.
fn looks_like_an_address(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hexadecimal = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Underscores are no part of host names by the standard, but of the names of services.
fn is_label(label: &str) -> bool {
    (1..=LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_host_has_one_spelling() {
        let check = |text: &str, expect: Result<&str, HostError>| {
            let host = Host::parse(text).map(|host| host.to_string());
            assert_eq!(host.as_deref(), expect.as_ref().copied(), "{text}");
        };
        check("api.example.com", Ok("api.example.com"));
        check("API.Example.COM", Ok("api.example.com"));
        check("api.example.com.", Ok("api.example.com"));
        check("localhost", Ok("localhost"));
        check("localhost.", Ok("localhost"));
        check("my_service", Ok("my_service"));
        check("xn--bcher-kva.example", Ok("xn--bcher-kva.example"));
        check("0xample.com", Ok("0xample.com"));
        check("1password.com", Ok("1password.com"));
        check("127.0.0.1", Ok("127.0.0.1"));
        check("127.0.0.1.", Ok("127.0.0.1"));
        check("[::1]", Ok("::1"));
        check("::1", Ok("::1"));
        check("[0:0:0:0:0:0:0:1]", Ok("::1"));
        check("[::FFFF:127.0.0.1]", Ok("127.0.0.1"));
        check("[::ffff:7f00:1]", Ok("127.0.0.1"));
        check("", Err(HostError::Empty));
        check(".", Err(HostError::Empty));
        check("a..", Err(HostError::BadName));
        check("a..b", Err(HostError::BadName));
        check(".a", Err(HostError::BadName));
        check("-a.b", Err(HostError::BadName));
        check("a-.b", Err(HostError::BadName));
        check("a b", Err(HostError::BadName));
        check("a/b", Err(HostError::BadName));
        check("a%2eb", Err(HostError::BadName));
        check("a\0b", Err(HostError::BadName));
        check("evil.com#good.com", Err(HostError::BadName));
        check("evil.com\\good.com", Err(HostError::BadName));
        check("*.example.com", Err(HostError::BadName));
        check("user@example.com", Err(HostError::User));
        check("bücher.example", Err(HostError::NotAscii));
        check("ｅxample.com", Err(HostError::NotAscii));
        check("2130706433", Err(HostError::OddAddress));
        check("0x7f.1", Err(HostError::OddAddress));
        check("0x7f000001", Err(HostError::OddAddress));
        check("0X7F.0.0.0x1", Err(HostError::OddAddress));
        check("example.0x", Err(HostError::OddAddress));
        check("0177.1", Err(HostError::OddAddress));
        check("0177.0.0.1", Err(HostError::OddAddress));
        check("127.1", Err(HostError::OddAddress));
        check("127.0.0.256", Err(HostError::OddAddress));
        check("127.0.0.1.1", Err(HostError::OddAddress));
        check("example.1", Err(HostError::OddAddress));
        check("[::1", Err(HostError::BadAddress));
        check("[::1]x", Err(HostError::BadAddress));
        check("[fe80::1%eth0]", Err(HostError::BadAddress));
        check("[127.0.0.1]", Err(HostError::BadAddress));
        check("a:80", Err(HostError::BadAddress));
        check(&"a".repeat(64), Err(HostError::BadName));
        check(&"a.".repeat(200), Err(HostError::TooLong));
    }

    #[test]
    fn a_star_stands_for_whole_names() {
        let check = |pattern: &str, host: &str, expect: bool| {
            let fits = Host::parse(host).unwrap().fits(pattern);
            assert_eq!(fits, expect, "{host} for {pattern}");
        };
        check("example.com", "EXAMPLE.com.", true);
        check("example.com", "api.example.com", false);
        check("example.com", "example.com.evil.com", false);
        check("*.example.com", "api.example.com", true);
        check("*.example.com", "a.b.example.com", true);
        check("*.example.com", "example.com", false);
        check("*.example.com", "evilexample.com", false);
        check("*.example.com", "api.example.com.evil.com", false);
        check("*.0.0.1", "127.0.0.1", false);
        check("127.0.0.1", "[::ffff:127.0.0.1]", true);
        check("::1", "[0::1]", true);
        check("*.", "example.com", false);
        check("", "example.com", false);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_what_is_read_reads_the_same_again(text in "\\PC{0,40}|[0-9a-fx.:\\[\\]]{0,30}") {
            if let Ok(host) = Host::parse(&text) {
                prop_assert_eq!(Host::parse(&host.to_string()), Ok(host.clone()));
                prop_assert_eq!(Host::parse(&host.in_url()), Ok(host));
            }
        }

        #[test]
        fn a_star_never_fits_what_does_not_end_in_its_name(host in "[a-z.]{1,20}") {
            let Ok(host) = Host::parse(&host) else { return Ok(()) };
            let fits = host.fits("*.ab");
            prop_assert_eq!(fits, host.to_string().ends_with(".ab"));
        }
    }
}
