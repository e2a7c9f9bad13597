//! Texts with `${{ … }}`.

use super::part::Place;
use std::ops::Range;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// Whether there is an expression in a text.
pub(crate) fn has_expression(text: &str) -> bool {
    text.contains(OPEN)
}

/// A part of a text, as bytes of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(Range<usize>),
    /// What stands between the braces.
    Expression(Range<usize>),
}

/// The parts of a text.
///
/// # Errors
///
/// The bytes that open an expression that is not closed.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, Range<usize>> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some(rest) = text.get(done..) {
        let Some(found) = rest.find(OPEN) else {
            break;
        };
        let open = done + found;
        let start = open + OPEN.len();
        let length = text.get(start..).and_then(length);
        let end = start + length.ok_or(open..start)?;
        if found > 0 {
            pieces.push(Piece::Literal(done..open));
        }
        pieces.push(Piece::Expression(start..end));
        done = end + CLOSE.len();
    }
    if done < text.len() {
        pieces.push(Piece::Literal(done..text.len()));
    }
    Ok(pieces)
}

/// How long an expression is: up to the first `}}` that is not quoted. A doubled quote ends a string
/// and begins another, which comes to the same.
fn length(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut braces = 0;
    for (at, byte) in text.bytes().enumerate() {
        quoted ^= byte == b'\'';
        braces = match byte {
            b'}' if !quoted => braces + 1,
            _ => 0,
        };
        if braces == CLOSE.len() {
            return Some(at + 1 - CLOSE.len());
        }
    }
    None
}

/// Where the content of a string or of a bare key stands: `raw` is what the file has at `span`, and
/// `text` is what that means.
pub(crate) fn place(raw: &str, span: &Range<usize>, text: &str) -> Place {
    let bare = std::iter::once("");
    let start = bare.chain(["\"\"\"", "'''", "\"", "'"]).find_map(|quotes| {
        let inner = raw.strip_prefix(quotes)?.strip_suffix(quotes)?;
        // A line break right after three quotes belongs to them.
        let content = match quotes.len() {
            3 => inner
                .trim_start_matches('\r')
                .strip_prefix('\n')
                .unwrap_or(inner),
            _ => inner,
        };
        (content == text).then(|| quotes.len() + inner.len() - content.len())
    });
    match start {
        Some(start) => Place {
            span: span.start + start..span.start + start + text.len(),
            is_exact: true,
        },
        None => Place {
            span: span.clone(),
            is_exact: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{pieces, place};

    #[test]
    fn expressions_end_at_braces_that_are_not_quoted() {
        let check = |text: &str, expect: &str| {
            let found = match pieces(text) {
                Ok(pieces) => format!("{pieces:?}"),
                Err(open) => format!("{open:?}"),
            };
            assert_eq!(found, expect, "{text}");
        };
        check("", "[]");
        check("a$b{{", "[Literal(0..5)]");
        check("${{ a }}", "[Expression(3..6)]");
        check(
            "x${{a}}y",
            "[Literal(0..1), Expression(4..5), Literal(7..8)]",
        );
        check("${{ '}}' }}", "[Expression(3..9)]");
        check("${{ 'it''s }}' }}", "[Expression(3..15)]");
        check("${{ '${{' }}{{", "[Expression(3..10), Literal(12..14)]");
        check("${{a}}}", "[Expression(3..4), Literal(6..7)]");
        check("${{ a } }", "0..3");
        check("ab${{ '}}", "2..5");
    }

    #[test]
    fn a_place_is_exact_where_the_file_has_the_same_bytes() {
        let check = |raw: &str, text: &str, expect: Option<usize>| {
            let place = place(raw, &(10..10 + raw.len()), text);
            assert_eq!(place.is_exact, expect.is_some(), "{raw}");
            assert_eq!(place.span.start, 10 + expect.unwrap_or(0), "{raw}");
        };
        check("bare", "bare", Some(0));
        check("\"a\"", "a", Some(1));
        check("'a'", "a", Some(1));
        check("\"\"\"a\"\"\"", "a", Some(3));
        check("'''\na'''", "a", Some(4));
        check("'''\r\na'''", "a", Some(5));
        check("\"\\u0061\"", "a", None);
        check("\"\"\"a\\\n  b\"\"\"", "ab", None);
    }
}
