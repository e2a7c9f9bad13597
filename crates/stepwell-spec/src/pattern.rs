//! Globs over names: what a step may set, and which variables it sees.
//!
//! Of the globs that Azure knows, the ones that names need: `*`, `?` and `[…]`, without regard to
//! case. Matching takes time by the product of the lengths at worst.

/// One letter of a pattern, or a set of letters.
enum Unit<'p> {
    Any,
    Literal(char),
    Class { negated: bool, members: &'p str },
}

/// Whether `name` as a whole is what `pattern` describes.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // Where to go on if the last `*` has to stand for one letter more.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            pattern = rest;
            retry = Some((rest, name));
            continue;
        }
        let mut letters = name.chars();
        let fits = match (unit(pattern), letters.next()) {
            (None, None) => return true,
            (Some((unit, rest)), Some(letter)) if unit.fits(letter) => {
                pattern = rest;
                name = letters.as_str();
                true
            }
            _ => false,
        };
        if fits {
            continue;
        }
        let Some((after, from)) = retry else {
            return false;
        };
        let mut letters = from.chars();
        if letters.next().is_none() {
            return false;
        }
        pattern = after;
        name = letters.as_str();
        retry = Some((after, name));
    }
}

/// The first unit of a pattern and what follows. A `[` that is not closed is a letter.
fn unit(pattern: &str) -> Option<(Unit<'_>, &str)> {
    let mut letters = pattern.chars();
    let first = letters.next()?;
    let rest = letters.as_str();
    match first {
        '?' => Some((Unit::Any, rest)),
        '[' => Some(class(rest).unwrap_or((Unit::Literal('['), rest))),
        _ => Some((Unit::Literal(first), rest)),
    }
}

fn class(rest: &str) -> Option<(Unit<'_>, &str)> {
    let inner = rest.strip_prefix(['!', '^']);
    let negated = inner.is_some();
    let inner = inner.unwrap_or(rest);
    // A `]` that comes first is a member.
    let skip = inner.chars().next()?.len_utf8();
    let end = skip + inner.get(skip..)?.find(']')?;
    let members = inner.get(..end)?;
    Some((Unit::Class { negated, members }, inner.get(end + 1..)?))
}

impl Unit<'_> {
    fn fits(&self, letter: char) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(wanted) => wanted.eq_ignore_ascii_case(&letter),
            Self::Class { negated, members } => {
                let cases = [letter.to_ascii_lowercase(), letter.to_ascii_uppercase()];
                cases.iter().any(|case| is_member(members, *case)) != *negated
            }
        }
    }
}

fn is_member(members: &str, letter: char) -> bool {
    let mut letters = members.chars().peekable();
    while let Some(first) = letters.next() {
        let mut ahead = letters.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) => {
                if (first..=last).contains(&letter) {
                    return true;
                }
                letters = ahead;
            }
            _ if first == letter => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_are_matched_as_a_whole_without_case() {
        for (pattern, name, expect) in [
            ("myVar", "MYVAR", true),
            ("myVar", "myVars", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything.at-all", true),
            ("build.*", "Build.Number", true),
            ("build.*", "buildNumber", false),
            ("*_ok", "a_ok_ok", true),
            ("*_ok", "a_ok_no", false),
            ("a*b*c", "aXbXbc", true),
            ("v?", "v1", true),
            ("v?", "v", false),
            ("v[0-9]", "v7", true),
            ("v[0-9]", "vx", false),
            ("v[!0-9]", "vx", true),
            ("v[^0-9]", "v7", false),
            ("[A-C]x", "bX", true),
            ("[abc", "[abc", true),
            ("[]]", "]", true),
            ("[a-]", "-", true),
            ("größe", "größe", true),
        ] {
            assert_eq!(matches(pattern, name), expect, "{pattern} on {name}");
        }
    }

    #[test]
    fn many_stars_do_not_take_forever() {
        let pattern = "*a".repeat(100);
        assert!(!matches(&pattern, &"b".repeat(10_000)));
    }
}
