//! Texts in one address space.

use std::ops::Range;

/// A file that places refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file as the user named it, or as another file names it.
    pub name: String,
    /// Its text.
    pub text: String,
    base: usize,
}

impl Source {
    /// The places that lie in this file.
    #[must_use]
    pub fn places(&self) -> Range<usize> {
        self.base..self.base + self.text.len() + 1
    }

    /// `place` as a byte range into the text, between characters.
    #[must_use]
    pub fn range(&self, place: &Range<usize>) -> Range<usize> {
        let start = place.start.saturating_sub(self.base);
        let end = place.end.saturating_sub(self.base);
        let start = self.text.floor_char_boundary(start);
        start..self.text.floor_char_boundary(end).max(start)
    }

    /// Line and column of a place, both from 1; the column counts characters.
    #[must_use]
    pub fn line_and_column(&self, place: usize) -> (usize, usize) {
        let at = self
            .text
            .floor_char_boundary(place.saturating_sub(self.base));
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

/// The files that the places of some diagnostics refer to: each file has the places after those of
/// the file before it. The first begins at 0, so that with one file a place is an offset into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// The sources with one file.
    #[must_use]
    pub fn of(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut sources = Self::default();
        sources.add(name, text);
        sources
    }

    /// Adds a file and gives the place of its first byte.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        let base = self.files.last().map_or(0, |last| last.places().end);
        self.files.push(Source {
            name: name.into(),
            text: text.into(),
            base,
        });
        base
    }

    /// The files in the order in which they were added.
    #[must_use]
    pub fn files(&self) -> &[Source] {
        &self.files
    }

    /// The file that a place lies in; one after the last file belongs to the last.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Source> {
        let next = self.files.partition_point(|file| file.base <= place);
        self.files.get(next.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::Sources;

    #[test]
    fn places_of_several_files_do_not_overlap() {
        let mut sources = Sources::of("a", "one\ntwö");
        let base = sources.add("b", "x");
        assert_eq!(base, 9);
        let check = |place: usize, name: &str, line_and_column| {
            let source = sources.at(place).unwrap();
            assert_eq!(source.name, name);
            assert_eq!(source.line_and_column(place), line_and_column);
        };
        check(0, "a", (1, 1));
        check(4, "a", (2, 1));
        check(8, "a", (2, 4));
        check(base, "b", (1, 1));
        check(base + 99, "b", (1, 2));
        assert_eq!(sources.files()[1].range(&(base..base + 5)), 0..1);
        assert_eq!(sources.files()[0].range(&(7..8)), 6..8);
        assert_eq!(Sources::default().at(0), None);
    }
}
