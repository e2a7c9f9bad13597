//! From bytes cut anywhere to lines that can be printed.
//!
//! The result does not depend on where the bytes were cut. A line that is too long to be one event
//! is printed in pieces; as much of it is held back as is needed to see whether a secret, or the
//! start of a logging command, crosses the end of a piece.

use crate::command::PREFIX;
use crate::mask::Mask;
use std::ops::Range;

/// Bytes of one printed line; a longer one is split.
pub const MAX_LINE: usize = 16 << 10;

/// Ends each printed piece of a split line but the last.
pub const CONTINUED: char = '…';

/// Bytes of a line with a logging command: the largest value of a variable, with every third of
/// its characters escaped, and then some. What is longer is not a command that can be followed.
pub(crate) const MAX_COMMAND: usize = 256 << 10;

/// What the buffer has to say next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stretch<'b> {
    /// A line of which nothing was printed yet. It is longer than [`MAX_LINE`] only if it may be a
    /// logging command.
    Line(&'b str),
    /// A part of a line that is too long.
    Piece(Piece<'b>),
    /// A line that has to do with logging commands and is longer than [`MAX_COMMAND`]. It is
    /// dropped as a whole, since it may hold a secret that was to be announced.
    Dropped,
}

/// A part of a line, with enough of the line around it to mask it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece<'b> {
    text: &'b str,
    part: Range<usize>,
    last: bool,
}

impl Piece<'_> {
    /// The piece as it is printed.
    pub(crate) fn print(self, mask: &Mask) -> String {
        let mut text = mask.apply_within(self.text, self.part).into_owned();
        if !self.last {
            text.push(CONTINUED);
        }
        text
    }
}

/// The pieces of a complete line in which it is printed.
pub(crate) fn pieces(line: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = Some(0);
    std::iter::from_fn(move || {
        let start = rest?;
        let last = line.len() - start <= MAX_LINE;
        let end = if last {
            line.len()
        } else {
            line.floor_char_boundary(start + MAX_LINE)
        };
        rest = (!last).then_some(end);
        Some(Piece {
            text: line,
            part: start..end,
            last,
        })
    })
}

/// One stream's text that is not printed yet.
#[derive(Default)]
pub(crate) struct LineBuffer {
    /// Whether lines may be logging commands.
    commands: bool,
    text: String,
    /// Where the current line starts, or what is kept of it.
    start: usize,
    /// How many bytes after `start` are printed and kept only as context for masking.
    printed: usize,
    /// Up to where no line end was found.
    searched: usize,
    /// The start of a character whose end has not come yet.
    undecoded: Vec<u8>,
    /// Whether the current line is known to hold the start of a logging command.
    command: bool,
    /// Whether the rest of the current line is dropped.
    dropping: bool,
}

impl LineBuffer {
    /// A buffer; `commands` says whether lines may be logging commands.
    pub(crate) fn new(commands: bool) -> Self {
        Self {
            commands,
            ..Self::default()
        }
    }

    /// Adds what the guest wrote. What is no UTF-8 becomes U+FFFD.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.text.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        if self.undecoded.is_empty() {
            self.decode(bytes);
        } else {
            let mut joined = std::mem::take(&mut self.undecoded);
            joined.extend_from_slice(bytes);
            self.decode(&joined);
        }
    }

    fn decode(&mut self, mut bytes: &[u8]) {
        loop {
            let error = match str::from_utf8(bytes) {
                Ok(text) => return self.text.push_str(text),
                Err(error) => error,
            };
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            self.text
                .push_str(str::from_utf8(valid).unwrap_or_default());
            let Some(invalid) = error.error_len() else {
                return self.undecoded.extend_from_slice(rest);
            };
            self.text.push(char::REPLACEMENT_CHARACTER);
            bytes = rest.get(invalid..).unwrap_or_default();
        }
    }

    /// Ends the last line, since nothing more will come.
    pub(crate) fn end(&mut self) {
        if !std::mem::take(&mut self.undecoded).is_empty() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        if self.start + self.printed < self.text.len() {
            self.text.push('\n');
        }
    }

    /// What can be printed or followed now. Ask until there is nothing.
    pub(crate) fn next(&mut self, mask: &Mask) -> Option<Stretch<'_>> {
        let found = self.find(mask.longest().max(PREFIX.len()))?;
        let part = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        Some(match found {
            Found::Line(line) => Stretch::Line(part(line)),
            Found::Piece {
                around,
                from,
                to,
                last,
            } => Stretch::Piece(Piece {
                part: from - around.start..to - around.start,
                text: part(around),
                last,
            }),
            Found::Dropped => Stretch::Dropped,
        })
    }

    /// Finds what comes next and moves on; `overlap` is how far something may cross the end of a
    /// piece.
    fn find(&mut self, overlap: usize) -> Option<Found> {
        loop {
            let newline = self.find_newline();
            let end = newline.unwrap_or(self.text.len());
            if self.dropping {
                self.start_line(end + usize::from(newline.is_some()));
                self.dropping = newline.is_none();
                newline?;
                continue;
            }
            let from = self.start + self.printed;
            let window = from + MAX_LINE + overlap;
            if newline.is_none() && end < window && !self.command {
                return None;
            }
            self.command |= self.commands && self.holds_prefix(from..end.min(window));
            if self.command {
                if end - from > MAX_COMMAND {
                    self.dropping = true;
                    self.command = false;
                    return Some(Found::Dropped);
                }
                self.start_line(newline? + 1);
                return Some(Found::Line(from..self.without_return(from..end)));
            }
            return Some(match newline.map(|_| self.without_return(from..end)) {
                Some(to) if to - from <= MAX_LINE => self.whole_or_last(from..to, end),
                content => self.piece(from, content.unwrap_or(end), overlap),
            });
        }
    }

    fn whole_or_last(&mut self, line: Range<usize>, end: usize) -> Found {
        let found = if self.printed == 0 {
            Found::Line(line)
        } else {
            Found::Piece {
                around: self.start..line.end,
                from: line.start,
                to: line.end,
                last: true,
            }
        };
        self.start_line(end + 1);
        found
    }

    fn piece(&mut self, from: usize, end: usize, overlap: usize) -> Found {
        let to = self.text.floor_char_boundary(from + MAX_LINE);
        let seen = self.text.floor_char_boundary(end.min(to + overlap));
        let around = self.start..seen;
        let kept = to.saturating_sub(overlap).max(self.start);
        self.start = self.text.floor_char_boundary(kept);
        self.printed = to - self.start;
        Found::Piece {
            around,
            from,
            to,
            last: false,
        }
    }

    fn start_line(&mut self, start: usize) {
        self.start = start;
        self.searched = start;
        self.printed = 0;
        self.command = false;
    }

    fn find_newline(&mut self) -> Option<usize> {
        let found = self.text.get(self.searched..)?.find('\n');
        let newline = found.map(|at| self.searched + at);
        self.searched = newline.unwrap_or(self.text.len());
        newline
    }

    fn holds_prefix(&self, range: Range<usize>) -> bool {
        // Bytes, because the end of the window may be inside of a character.
        let bytes = self.text.as_bytes().get(range).unwrap_or_default();
        bytes
            .windows(PREFIX.len())
            .any(|window| window == PREFIX.as_bytes())
    }

    /// The end of the line without its carriage return.
    fn without_return(&self, line: Range<usize>) -> usize {
        let returned = self
            .text
            .as_bytes()
            .get(line.clone())
            .is_some_and(|line| line.ends_with(b"\r"));
        line.end - usize::from(returned)
    }
}

/// A [`Stretch`] as places in the buffer.
enum Found {
    Line(Range<usize>),
    Piece {
        around: Range<usize>,
        from: usize,
        to: usize,
        last: bool,
    },
    Dropped,
}

#[cfg(test)]
mod tests;
