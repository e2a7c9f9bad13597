//! Where the request goes, and what its answer means.

use stepwell_judging::settings::{Result, Settings};

/// The most bytes of an answer that are read.
pub const MOST_ANSWER: usize = 4 << 10;

/// The most characters of an answer that are told.
const LONGEST_QUOTE: usize = 200;

/// Where the request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Or else `http`.
    pub is_https: bool,
    /// The host, and its port if it is another than usual.
    pub authority: String,
    /// With the query; begins with `/`.
    pub path: String,
    /// As the user wrote them.
    pub headers: Vec<(String, String)>,
}

impl Target {
    /// From what the user configured.
    ///
    /// # Errors
    ///
    /// It does not fit.
    pub fn new(config: &str) -> Result<Self> {
        let mut settings = Settings::new(config)?;
        let url = settings.required_text("url")?;
        let headers = settings.table("headers")?;
        settings.end()?;
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let is_https = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(format!("input `url`: `{url}` begins with no `https://`")),
        };
        let without_fragment = rest.split('#').next().unwrap_or_default();
        let end = without_fragment
            .find(['/', '?'])
            .unwrap_or(without_fragment.len());
        let (authority, path) = without_fragment.split_at(end);
        if authority.is_empty() || authority.contains('@') {
            return Err(format!("input `url`: `{url}` has no plain name of a host"));
        }
        Ok(Self {
            is_https,
            authority: authority.to_owned(),
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            },
            headers,
        })
    }

    /// The headers of a request whose body has `length` bytes and is known by `key`. What the user
    /// wrote counts for more.
    #[must_use]
    pub fn fields(&self, key: &str, length: usize) -> Vec<(String, String)> {
        let own = [
            ("content-type", "application/json".to_owned()),
            // Not every server takes a body whose length it is not told.
            ("content-length", length.to_string()),
            // A string of RFC 9651, as draft-ietf-httpapi-idempotency-key-header has it.
            ("idempotency-key", format!("\"{key}\"")),
        ];
        let is_own = |name: &str| {
            let mut headers = self.headers.iter();
            !headers.any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        let own = own.into_iter().filter(|(name, _)| is_own(name));
        let own = own.map(|(name, value)| (name.to_owned(), value));
        own.chain(self.headers.iter().cloned()).collect()
    }

    /// What the answer means.
    ///
    /// # Errors
    ///
    /// It is no success; a redirection is none, because it would lead what is said to where the user
    /// did not want it.
    pub fn told(&self, status: u16, answer: &[u8]) -> Result<String> {
        let authority = &self.authority;
        if (200..300).contains(&status) {
            return Ok(format!("told {authority}, which answered {status}"));
        }
        let answer = String::from_utf8_lossy(answer);
        let words: Vec<&str> = answer.split_whitespace().collect();
        let quote: String = words.join(" ").chars().take(LONGEST_QUOTE).collect();
        let quote = match quote.as_str() {
            "" => String::new(),
            quote => format!(": {quote}"),
        };
        Err(format!("{authority} answered {status}{quote}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<(bool, String, String)> {
        let target = Target::new(&format!(r#"{{"url": "{url}"}}"#))?;
        Ok((target.is_https, target.authority, target.path))
    }

    #[test]
    fn an_address_is_taken_apart() {
        for (url, is_https, authority, path) in [
            (
                "https://hooks.example.org/a/b?c=d#e",
                true,
                "hooks.example.org",
                "/a/b?c=d",
            ),
            ("http://127.0.0.1:8080", false, "127.0.0.1:8080", "/"),
            ("https://example.org?x", true, "example.org", "/?x"),
        ] {
            let expected = (is_https, authority.to_owned(), path.to_owned());
            assert_eq!(target(url), Ok(expected));
        }
        for url in [
            "example.org",
            "ftp://example.org",
            "https://",
            "https://a:b@example.org/",
        ] {
            assert!(target(url).unwrap_err().contains(url), "{url}");
        }
        assert_eq!(Target::new("{}"), Err("input `url` is missing".to_owned()));
    }

    #[test]
    fn headers_are_sent_as_they_are() {
        let fields = |headers: &str| {
            let config = format!(r#"{{"url": "https://example.org", "headers": {headers}}}"#);
            let fields = Target::new(&config).unwrap().fields("4e", 7).into_iter();
            fields
                .map(|(name, value)| format!("{name}: {value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            fields(r#"{"X-Project": "shop"}"#),
            [
                "content-type: application/json",
                "content-length: 7",
                "idempotency-key: \"4e\"",
                "X-Project: shop"
            ]
        );
        let own = r#"{"Content-Type": "application/cloudevents+json"}"#;
        assert_eq!(
            fields(own),
            [
                "content-length: 7",
                "idempotency-key: \"4e\"",
                "Content-Type: application/cloudevents+json"
            ]
        );
    }

    #[test]
    fn only_a_success_is_one() {
        let target = Target::new(r#"{"url": "https://example.org"}"#).unwrap();
        assert_eq!(
            target.told(204, b"").as_deref(),
            Ok("told example.org, which answered 204")
        );
        let problem = |status, answer: &[u8]| target.told(status, answer).unwrap_err();
        assert_eq!(problem(302, b""), "example.org answered 302");
        assert_eq!(
            problem(403, b" bad\n\ttoken \xff"),
            "example.org answered 403: bad token \u{FFFD}"
        );
        assert!(problem(500, &[b'x'; 9_000]).len() < 300);
    }
}
