//! The paths of requests, and the patterns that a rule has for them.

/// The longest pattern.
pub(crate) const PATTERN: usize = 256;

/// Whether a path may mean something else to a server than what it says: servers take `..`, `%2e`,
/// `%2f`, backslashes and what is encoded twice in different ways. Such a path fits no pattern.
pub(crate) fn is_ambiguous(path: &str) -> bool {
    let encoded = |byte: u8| {
        let encoded = format!("%{byte:02x}");
        path.as_bytes()
            .windows(3)
            .any(|part| part.eq_ignore_ascii_case(encoded.as_bytes()))
    };
    // What follows a `;` is a parameter of the segment to some servers.
    let climbs = path.split('/').any(|segment| {
        let name = segment.split(';').next().unwrap_or(segment);
        name == "." || name == ".."
    });
    climbs
        || path
            .bytes()
            .any(|byte| byte == b'\\' || !byte.is_ascii_graphic())
        || [b'.', b'/', b'\\', b'%', b';', 0].into_iter().any(encoded)
}

/// Whether a path, without its query, fits a pattern: `*` stands for any text without `/`, `**` for
/// any text, and every other character for itself.
///
/// All ways to match are followed at once, so that no pattern and no path takes more time than their
/// lengths multiplied.
pub(crate) fn fits(path: &str, pattern: &str) -> bool {
    let pattern = parts(pattern);
    let mut here = vec![false; pattern.len() + 1];
    if let Some(first) = here.first_mut() {
        *first = true;
    }
    skip_stars(&pattern, &mut here);
    for byte in path.bytes() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, part) in pattern.iter().enumerate() {
            if here.get(at) != Some(&true) {
                continue;
            }
            let to = match part {
                Part::Byte(expected) if *expected == byte => at + 1,
                Part::Star if byte != b'/' => at,
                Part::Stars => at,
                Part::Byte(_) | Part::Star => continue,
            };
            if let Some(next) = next.get_mut(to) {
                *next = true;
            }
        }
        skip_stars(&pattern, &mut next);
        here = next;
    }
    here.last() == Some(&true)
}

enum Part {
    Byte(u8),
    Star,
    Stars,
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for byte in pattern.bytes() {
        match (byte, parts.last()) {
            (b'*', Some(Part::Star)) => {
                parts.pop();
                parts.push(Part::Stars);
            }
            (b'*', Some(Part::Stars)) => {}
            (b'*', _) => parts.push(Part::Star),
            (byte, _) => parts.push(Part::Byte(byte)),
        }
    }
    parts
}

/// Both kinds of stars stand for nothing as well.
fn skip_stars(pattern: &[Part], places: &mut [bool]) {
    for (at, part) in pattern.iter().enumerate() {
        let skips = matches!(part, Part::Star | Part::Stars) && places.get(at) == Some(&true);
        if let Some(next) = places.get_mut(at + 1).filter(|_| skips) {
            *next = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_stand_for_text_with_and_without_slashes() {
        let check = |pattern: &str, path: &str, expect: bool| {
            assert_eq!(fits(path, pattern), expect, "{path} for {pattern}");
        };
        check("/a", "/a", true);
        check("/a", "/a/", false);
        check("/a", "/A", false);
        check("/a/*", "/a/b", true);
        check("/a/*", "/a/", true);
        check("/a/*", "/a/b/c", false);
        check("/a/*/c", "/a/b/c", true);
        check("/a/*/c", "/a/b/b/c", false);
        check("/a/**", "/a/b/c", true);
        check("/a/**", "/a/", true);
        check("/a/**", "/a", false);
        check("/a/**", "/ab", false);
        check("/**", "/", true);
        check("/**/x", "/a/b/x", true);
        check("/**/x", "/x", false);
        check("/**x", "/x", true);
        check("/**x", "/a/b/xx", true);
        check("/***", "/a/b", true);
        check("/a*b*c", "/axxbxxc", true);
        check("/a*b*c", "/axx/bc", false);
        check("", "/", false);
        check("/*a**b*", "/xa/y/b", true);
    }

    #[test]
    fn a_path_that_servers_read_differently_is_ambiguous() {
        for path in [
            "/a/../b",
            "/a/./b",
            "/..",
            "/a/%2e%2e/b",
            "/a/%2E./b",
            "/a%2fb",
            "/a%2Fb",
            "/a\\b",
            "/a%5cb",
            "/a%00",
            "/a%252fb",
            "/a/..;x=1/b",
            "/a/..%3bx/b",
            "/a b",
            "/a\u{e9}",
            "/a\u{7f}",
        ] {
            assert!(is_ambiguous(path), "{path}");
        }
        for path in [
            "/", "/a", "/a.b", "/...", "/a..b", "/a//b", "/%41", "/a;v=1/b", "/@x/y:z",
        ] {
            assert!(!is_ambiguous(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_meets_any_path(pattern in "[a/*]{0,12}", path in "[a/]{0,12}") {
            prop_assert_eq!(fits(&path, &pattern), slowly(path.as_bytes(), pattern.as_bytes()));
        }
    }

    /// The definition, written down.
    fn slowly(path: &[u8], pattern: &[u8]) -> bool {
        match pattern {
            [] => path.is_empty(),
            [b'*', b'*', rest @ ..] => (0..=path.len()).any(|at| slowly(&path[at..], rest)),
            [b'*', rest @ ..] => (0..=path.len())
                .take_while(|at| !path[..*at].contains(&b'/'))
                .any(|at| slowly(&path[at..], rest)),
            [byte, rest @ ..] => path.first() == Some(byte) && slowly(&path[1..], rest),
        }
    }
}
