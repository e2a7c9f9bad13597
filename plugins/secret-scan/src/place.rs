//! Lines and columns of a text.

use std::ops::Range;

/// A text cut into lines.
pub struct Lines<'a> {
    text: &'a [u8],
    /// Where each line begins.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of `text`.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0)
            .chain(ends.map(|(end, _)| end + 1))
            .collect();
        Self { text, starts }
    }

    /// The line and the column, in characters, of the byte at `offset`; both from 1.
    #[must_use]
    pub fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line));
        let before = self
            .text
            .get(start.copied().unwrap_or(0)..offset)
            .unwrap_or_default();
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (narrow(line), narrow(column))
    }

    /// The lines that `range` is on, with the line before them.
    #[must_use]
    pub fn around(&self, range: &Range<usize>) -> &'a [u8] {
        let first = self.starts.partition_point(|start| *start <= range.start);
        let after = self.starts.partition_point(|start| *start < range.end);
        let begin = self.starts.get(first.saturating_sub(2)).copied();
        let end = self.starts.get(after).copied().unwrap_or(self.text.len());
        self.text.get(begin.unwrap_or(0)..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let lines = Lines::new("ab\nñx\n\n".as_bytes());
        for (offset, expected) in [
            (0, (1, 1)),
            (1, (1, 2)),
            (3, (2, 1)),
            (5, (2, 2)),
            (7, (3, 1)),
        ] {
            assert_eq!(lines.place(offset), expected, "{offset}");
        }
    }

    #[test]
    fn the_lines_around_a_range_begin_with_the_one_before() {
        let lines = Lines::new(b"one\ntwo\nthree\nfour\n");
        for (range, expected) in [
            (0..2, "one\n"),
            (5..6, "one\ntwo\n"),
            (8..13, "two\nthree\n"),
            (9..16, "two\nthree\nfour\n"),
            (14..19, "three\nfour\n"),
        ] {
            assert_eq!(lines.around(&range), expected.as_bytes(), "{range:?}");
        }
    }
}
