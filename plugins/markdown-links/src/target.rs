//! What the target of a link says.

use percent_encoding::percent_decode_str;

/// A link's target, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An address with a scheme, or of another host: nothing of the workspace.
    External,
    /// Nothing at all.
    Empty,
    /// A place in the workspace.
    Local {
        /// The path, decoded: relative to the file, or to the workspace if it begins with `/`.
        /// Empty means the file itself.
        path: String,
        /// The part after `#`, decoded.
        fragment: Option<String>,
    },
}

impl Target {
    /// Takes `text` apart.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::Empty;
        }
        if text.starts_with("//") || has_scheme(text) {
            return Self::External;
        }
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(decode(fragment))),
            None => (text, None),
        };
        let path = rest.split('?').next().unwrap_or_default();
        Self::Local {
            path: decode(path),
            fragment,
        }
    }
}

fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
}

/// The decoded text; one that does not decode to UTF-8 stays as it is.
fn decode(text: &str) -> String {
    percent_decode_str(text)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), |decoded| decoded.into_owned())
}

/// Whether a fragment names lines of a source file: `L10`, `L10-L20`, `L10C3-L12C5`.
#[must_use]
pub fn is_line_range(fragment: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let place = |text: &str| {
        text.strip_prefix('L')
            .is_some_and(|text| match text.split_once('C') {
                Some((line, column)) => number(line) && number(column),
                None => number(text),
            })
    };
    match fragment.split_once('-') {
        Some((first, last)) => place(first) && place(last),
        None => place(fragment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(path: &str, fragment: Option<&str>) -> Target {
        Target::Local {
            path: path.to_owned(),
            fragment: fragment.map(str::to_owned),
        }
    }

    #[test]
    fn targets_are_taken_apart() {
        for (text, expected) in [
            ("", Target::Empty),
            ("https://example.org/#x", Target::External),
            ("mailto:a@b.c", Target::External),
            ("//cdn.example.org/x", Target::External),
            ("a.md", local("a.md", None)),
            ("./a%20b.md#c%C3%A9", local("./a b.md", Some("cé"))),
            ("#top", local("", Some("top"))),
            ("/docs/?plain=1#L3", local("/docs/", Some("L3"))),
            ("a/b:c.md", local("a/b:c.md", None)),
            ("%ff.md", local("%ff.md", None)),
            ("a.md#", local("a.md", Some(""))),
        ] {
            assert_eq!(Target::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn line_ranges_are_told_from_anchors() {
        for fragment in ["L1", "L10-L20", "L10C3-L12C5"] {
            assert!(is_line_range(fragment), "{fragment}");
        }
        for fragment in ["L", "Lines", "L1-", "l1", "L1-20", "", "L1C"] {
            assert!(!is_line_range(fragment), "{fragment}");
        }
    }
}
