//! `${secret:NAME}` in a text stands for the value of a secret variable.
//!
//! It is a form of its own, apart from `$(NAME)`, because what stands there is filled in by the host on
//! the way out of it and never by the machine that expands what a step is given.

/// What `${secret:NAME}` begins with.
const OPEN: &str = "${secret:";

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Stays as it is.
    Text(&'t str),
    /// The name of a secret.
    Secret(&'t str),
}

/// Cuts a text into its parts. An opening without an end is text.
pub fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if let Some(inner) = rest.strip_prefix(OPEN)
            && let Some((name, after)) = inner.split_once('}')
        {
            rest = after;
            return Some(Part::Secret(name));
        }
        if rest.is_empty() {
            return None;
        }
        // An opening at the very start has no end, or it would have been taken above; nor has one
        // that comes after it.
        let end = match rest.find(OPEN) {
            Some(at) if at > 0 => at,
            _ => rest.len(),
        };
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(Part::Text(text))
    })
}

/// The secrets that a text names.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(|part| match part {
        Part::Secret(name) => Some(name),
        Part::Text(_) => None,
    })
}

/// How a text names a secret.
#[must_use]
pub fn reference(name: &str) -> String {
    format!("{OPEN}{name}}}")
}

#[cfg(test)]
mod tests {
    use super::{Part, names, parts, reference};
    use proptest::prelude::*;

    #[test]
    fn secrets_are_found_among_text() {
        use Part::{Secret, Text};
        let check = |text: &str, expect: &[Part<'_>]| {
            assert_eq!(parts(text).collect::<Vec<_>>(), expect, "{text}");
        };
        check("", &[]);
        check("plain $(x) ${y}", &[Text("plain $(x) ${y}")]);
        check(
            "Bearer ${secret:token}",
            &[Text("Bearer "), Secret("token")],
        );
        check(
            "${secret:a}:${secret:b c}!",
            &[Secret("a"), Text(":"), Secret("b c"), Text("!")],
        );
        check("${secret:open", &[Text("${secret:open")]);
        check("${secret:${secret:a}", &[Secret("${secret:a")]);
        assert_eq!(names(&reference("x")).collect::<Vec<_>>(), ["x"]);
    }

    proptest! {
        #[test]
        fn parts_are_the_whole_text(text in "([$]\\{secret:|[a}]){0,8}") {
            let whole: String = parts(&text)
                .map(|part| match part {
                    Part::Text(text) => text.to_owned(),
                    Part::Secret(name) => reference(name),
                })
                .collect();
            prop_assert_eq!(whole, text);
        }
    }
}
