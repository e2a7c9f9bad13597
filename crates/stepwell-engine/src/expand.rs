//! Macros: `$(name)` in a text stands for the value of a variable.
//!
//! What a macro expands to is not looked at again, and a macro with an unknown name stays as it is,
//! because to a shell `$(date)` means something else.

use std::borrow::Cow;

/// A part of a text.
pub(crate) enum Part<'t, T> {
    /// Stays as it is.
    Text(&'t str),
    /// A macro with a known name.
    Macro(T),
}

/// Cuts `text` into its parts; `lookup` knows the names.
pub(crate) fn parts<'t, T>(
    text: &'t str,
    lookup: impl Fn(&str) -> Option<T>,
) -> impl Iterator<Item = Part<'t, T>> {
    let mut from = 0;
    let mut close = 0;
    let mut pending = None;
    std::iter::from_fn(move || {
        if let Some(value) = pending.take() {
            return Some(Part::Macro(value));
        }
        let start = from;
        let mut search = from;
        while let Some(open) = text.get(search..).and_then(|rest| rest.find("$(")) {
            let name = search + open + 2;
            // The next `)` is searched only once, or many `$(` before it would take forever.
            if close < name {
                match text.get(name..).and_then(|rest| rest.find(')')) {
                    Some(at) => close = name + at,
                    None => break,
                }
            }
            let known = text
                .get(name..close)
                .filter(|name| !name.is_empty())
                .and_then(&lookup);
            if let Some(value) = known {
                from = close + 1;
                pending = Some(value);
                return text.get(start..name - 2).map(Part::Text);
            }
            search = name - 1;
        }
        from = text.len();
        text.get(start..)
            .filter(|rest| !rest.is_empty())
            .map(Part::Text)
    })
}

/// A text would become larger than it may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Expands the macros of `text` once, into at most `room` bytes, which are used up.
pub(crate) fn expand<'t, 'v>(
    text: &'t str,
    lookup: impl Fn(&str) -> Option<&'v str>,
    room: &mut usize,
) -> Result<Cow<'t, str>, TooLarge> {
    let mut take = |part: &str| {
        *room = room.checked_sub(part.len()).ok_or(TooLarge)?;
        Ok(())
    };
    if !text.contains("$(") {
        take(text)?;
        return Ok(Cow::Borrowed(text));
    }
    let mut expanded = String::with_capacity(text.len());
    for part in parts(text, lookup) {
        let part = match part {
            Part::Text(text) => text,
            Part::Macro(value) => value,
        };
        take(part)?;
        expanded.push_str(part);
    }
    Ok(Cow::Owned(expanded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<&'static str> {
        match name {
            "v" => Some("hello"),
            "nested" => Some("$(v)"),
            "empty" => Some(""),
            _ => None,
        }
    }

    #[test]
    fn macros_are_expanded_once_and_unknown_ones_stay() {
        for (text, expect) in [
            ("", ""),
            ("plain $ ) ( text", "plain $ ) ( text"),
            ("$(v)", "hello"),
            ("before $(v) after", "before hello after"),
            ("$(v)$(v)", "hellohello"),
            ("[$(empty)]", "[]"),
            ("$(nested)", "$(v)"),
            ("$(nope)", "$(nope)"),
            ("$()", "$()"),
            ("$(v", "$(v"),
            ("$( v)", "$( v)"),
            ("before$($(v)after", "before$(helloafter"),
            ("$(nope $(v))", "$(nope hello)"),
            ("$$(v)) é", "$hello) é"),
        ] {
            let mut room = 100;
            assert_eq!(expand(text, lookup, &mut room).unwrap(), expect, "{text}");
            assert_eq!(room, 100 - expect.len(), "{text}");
        }
    }

    #[test]
    fn an_expansion_that_does_not_fit_is_refused() {
        assert_eq!(expand("$(v)$(v)", lookup, &mut 9), Err(TooLarge));
        assert_eq!(expand("hello", lookup, &mut 4), Err(TooLarge));
    }

    #[test]
    fn many_open_macros_do_not_take_forever() {
        let text = format!("{})", "$(".repeat(1 << 20));
        let mut room = usize::MAX;
        let lookup = |name: &str| (name.len() < 100).then(|| lookup(name)).flatten();
        assert_eq!(expand(&text, lookup, &mut room).unwrap(), text);
    }
}
