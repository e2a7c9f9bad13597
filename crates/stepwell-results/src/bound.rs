//! Texts of guests, cut to what a report shows.

use crate::{MAX_MESSAGE_BYTES, MAX_MESSAGE_LINES, MAX_NAME_BYTES};

/// `text` without surrounding white space, at most `max` bytes and a mark of the cut.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let text = text.trim();
    let end = text.floor_char_boundary(max);
    match text.split_at_checked(end) {
        Some((kept, rest)) if !rest.is_empty() => format!("{kept}…"),
        _ => text.to_owned(),
    }
}

/// The most bytes of a file that an error repeats.
const MAX_SHOWN: usize = 100;

/// What an error repeats of a file: cut, and without characters that move a terminal's cursor.
pub(crate) fn shown(text: &str) -> String {
    let visible = |c: char| match c {
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    cut(text, MAX_SHOWN).chars().map(visible).collect()
}

/// A name, cut.
pub(crate) fn name(text: &str) -> String {
    cut(text, MAX_NAME_BYTES)
}

/// Text that arrives in pieces and of which the start is kept.
#[derive(Debug, Default)]
pub(crate) struct Excerpt {
    text: String,
}

impl Excerpt {
    pub(crate) fn push(&mut self, piece: &str) {
        let piece = if self.text.is_empty() {
            piece.trim_start()
        } else {
            piece
        };
        // One character more than is shown tells later that something was cut.
        let room = (MAX_MESSAGE_BYTES + 4).saturating_sub(self.text.len());
        let end = piece.floor_char_boundary(room);
        self.text.push_str(piece.get(..end).unwrap_or_default());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The first lines.
    pub(crate) fn finish(self) -> String {
        let text = cut(&self.text, MAX_MESSAGE_BYTES);
        match text.match_indices('\n').nth(MAX_MESSAGE_LINES - 1) {
            Some((end, _)) => format!("{}\n…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, cut};
    use crate::{MAX_MESSAGE_BYTES, MAX_MESSAGE_LINES};

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("  größer ", 20), "größer");
        assert_eq!(cut("größer", 3), "gr…");
        assert_eq!(cut("größer", 4), "grö…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn an_excerpt_keeps_the_first_lines() {
        let mut excerpt = Excerpt::default();
        for piece in ["\n  ", " first", " line\n", "second\n\n"] {
            excerpt.push(piece);
        }
        assert_eq!(excerpt.finish(), "first line\nsecond");

        let mut excerpt = Excerpt::default();
        (0..1_000).for_each(|line| excerpt.push(&format!("{line}\n")));
        let text = excerpt.finish();
        assert!(
            text.starts_with("0\n1\n") && text.ends_with("\n9\n…"),
            "{text}"
        );
        assert_eq!(text.lines().count(), MAX_MESSAGE_LINES + 1);
    }

    #[test]
    fn an_excerpt_does_not_grow() {
        let mut excerpt = Excerpt::default();
        (0..10_000).for_each(|_| excerpt.push("länger und länger "));
        assert!(excerpt.text.len() <= MAX_MESSAGE_BYTES + 4);
        let text = excerpt.finish();
        assert!(text.ends_with('…') && text.len() <= MAX_MESSAGE_BYTES + '…'.len_utf8());
    }
}
