//! From bytes cut anywhere to lines that can be printed.
//!
//! The result does not depend on where the bytes were cut. A line that is too long to be one event
//! is printed in pieces. What may be a part of a secret is held back until that is known: within a
//! line by a few bytes, and over the ends of lines only where a secret of several lines may have
//! begun.
//!
//! A logging command is not printed, so no secret spans one, and nothing waits for what comes after
//! one.

// Found by their place in the file, because the benchmark includes this file on its own.
use super::command::PREFIX;
use super::mask::{Mask, Scan};
use memchr::memmem::find;
use memchr::{memchr, memrchr};
use std::ops::Range;

/// Bytes of one printed line; a longer one is split.
pub const MAX_LINE: usize = 16 << 10;

/// Ends each printed piece of a split line but the last.
pub const CONTINUED: char = '…';

/// Bytes of a line with a logging command: the largest value of a variable, with every third of
/// its characters escaped, and then some. What is longer is not a command that can be followed.
pub(crate) const MAX_COMMAND: usize = 256 << 10;

/// What a line needs to have for the parser of commands to have a say in it.
const KEYWORD: &str = PREFIX.split_at(PREFIX.len() - 1).0;

/// Bytes of a line that are looked at before it is split, so that the start of a logging command
/// that crosses the end of a piece is seen.
const WINDOW: usize = MAX_LINE + PREFIX.len();

/// What the buffer has to say next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stretch<'b> {
    /// A line that may be a logging command, with its secrets. It is longer than [`MAX_LINE`] only
    /// if it has the start of a command.
    Line(&'b str),
    /// A line, or a piece of one that is too long, as it is printed.
    Piece(String),
    /// A line that has to do with logging commands and is longer than [`MAX_COMMAND`]. It is
    /// dropped as a whole, since it may hold a secret that was to be announced.
    Dropped,
}

/// The lines of a complete text, and the pieces of those that are too long, as they are printed. A
/// text without lines is an empty one.
pub(crate) fn pieces(text: &str, mask: &Mask) -> impl Iterator<Item = String> {
    let scan = mask.scan(text);
    let mut rest = Some(0);
    std::iter::from_fn(move || {
        let start = rest?;
        let line = text.get(start..)?;
        let newline = memchr(b'\n', line.as_bytes()).map(|at| start + at);
        let part = Part::new(text, start, newline.unwrap_or(text.len()));
        rest = match newline {
            Some(newline) if part.last => Some(newline + 1).filter(|next| *next < text.len()),
            _ => (!part.last).then_some(part.range.end),
        };
        Some(part.print(text, &scan))
    })
}

/// What is printed at once.
struct Part {
    range: Range<usize>,
    /// Whether nothing more of the line follows.
    last: bool,
}

impl Part {
    /// The part from `start` of a line that ends at `end`.
    fn new(text: &str, start: usize, end: usize) -> Self {
        let line = text.get(start..end).unwrap_or_default();
        let length = line.strip_suffix('\r').unwrap_or(line).len();
        let last = length <= MAX_LINE;
        let length = if last {
            length
        } else {
            line.floor_char_boundary(MAX_LINE)
        };
        Self {
            range: start..start + length,
            last,
        }
    }

    fn print(self, text: &str, scan: &Scan) -> String {
        let mut printed = scan.print(text, self.range).into_owned();
        if !self.last {
            printed.push(CONTINUED);
        }
        printed
    }
}

/// One stream's text that is not printed yet.
#[derive(Default)]
pub(crate) struct LineBuffer {
    /// Whether lines may be logging commands.
    commands: bool,
    text: String,
    /// Where the current line starts, or what is not printed of it.
    start: usize,
    /// Up to where no line end was found.
    searched: usize,
    /// Up to where there is text to print, and thus to mask; what comes after it may be a command.
    clear: usize,
    /// Whether the line in which `clear` is has begun as text.
    within: bool,
    scan: Scan,
    /// The start of a character whose end has not come yet.
    undecoded: Vec<u8>,
    /// Whether a part of the current line was printed.
    continued: bool,
    /// Whether the current line holds the start of a logging command and has not ended.
    command: bool,
    /// Whether the rest of the current line is dropped.
    dropping: bool,
    /// Whether nothing more will come.
    ended: bool,
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
        self.discard();
        if self.undecoded.is_empty() {
            self.decode(bytes);
        } else {
            let mut joined = std::mem::take(&mut self.undecoded);
            joined.extend_from_slice(bytes);
            self.decode(&joined);
        }
    }

    /// Discards what was printed, once that is less work than it saves.
    fn discard(&mut self) {
        let printed = self.start;
        if printed < self.text.len() / 2 {
            return;
        }
        self.text.drain(..printed);
        self.start = 0;
        self.searched -= printed;
        self.clear = self.clear.saturating_sub(printed);
        self.scan.shift(printed);
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
        if self.start < self.text.len() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.ended = true;
    }

    /// What can be printed or followed now. Ask until there is nothing.
    pub(crate) fn next(&mut self, mask: &Mask) -> Option<Stretch<'_>> {
        loop {
            let newline = self.find_newline();
            let end = newline.unwrap_or(self.text.len());
            if self.dropping {
                self.dropping = newline.is_none();
                self.skip_to(end + usize::from(newline.is_some()));
                newline?;
                continue;
            }
            if newline.is_none() && end - self.start < WINDOW && !self.command {
                return None;
            }
            if !self.is_command(end) {
                return self.part(newline, mask).map(Stretch::Piece);
            }
            if end - self.start > MAX_COMMAND {
                self.command = false;
                self.dropping = true;
                return Some(Stretch::Dropped);
            }
            let line = self.start..end;
            self.command = newline.is_none();
            self.skip_to(newline? + 1);
            let line = self.text.get(line).unwrap_or_default();
            return Some(Stretch::Line(line.strip_suffix('\r').unwrap_or(line)));
        }
    }

    fn find_newline(&mut self) -> Option<usize> {
        let rest = self.text.as_bytes().get(self.searched..)?;
        let newline = memchr(b'\n', rest).map(|at| self.searched + at);
        self.searched = newline.unwrap_or(self.text.len());
        newline
    }

    /// Whether what is left of the current line is for the parser of commands. Enough of it is
    /// there to tell.
    fn is_command(&mut self, end: usize) -> bool {
        if self.command || !self.commands {
            return self.command;
        }
        if self.continued {
            let window = self.start..end.min(self.start + WINDOW);
            return self.holds(window, PREFIX);
        }
        if self.start >= self.clear {
            self.look_ahead();
        }
        self.start >= self.clear
    }

    /// Finds the next lines that are text, up to one that may be a command.
    fn look_ahead(&mut self) {
        if !self.commands {
            self.clear = self.text.len();
            return;
        }
        loop {
            let rest = self.text.as_bytes().get(self.clear..).unwrap_or_default();
            if self.within {
                let newline = memchr(b'\n', rest);
                self.clear += newline.map_or(rest.len(), |at| at + 1);
                self.within = newline.is_none();
                if self.within {
                    return;
                }
                continue;
            }
            let before = find(rest, KEYWORD.as_bytes()).and_then(|at| rest.get(..at));
            self.clear += memrchr(b'\n', before.unwrap_or(rest)).map_or(0, |at| at + 1);
            self.within = self.is_text(self.clear) == Some(true);
            if !self.within {
                return;
            }
        }
    }

    /// Whether the line that starts at `start` is not for the parser of commands; nothing if too
    /// little of it is there to tell.
    fn is_text(&self, start: usize) -> Option<bool> {
        let rest = self.text.as_bytes().get(start..)?;
        let newline = memchr(b'\n', rest);
        let length = newline.unwrap_or(rest.len());
        if newline.is_none() && length < WINDOW {
            return None;
        }
        let keyword = if length <= MAX_LINE { KEYWORD } else { PREFIX };
        Some(!self.holds(start..start + length.min(WINDOW), keyword))
    }

    fn holds(&self, range: Range<usize>, keyword: &str) -> bool {
        // Bytes, because the end of a window may be inside of a character.
        let bytes = self.text.as_bytes().get(range).unwrap_or_default();
        find(bytes, keyword.as_bytes()).is_some()
    }

    /// The next part of the current line, unless it may hold a part of a secret that has not ended.
    fn part(&mut self, newline: Option<usize>, mask: &Mask) -> Option<String> {
        let part = Part::new(&self.text, self.start, newline.unwrap_or(self.text.len()));
        if self.scan.settled(mask) < part.range.end {
            self.look_ahead();
            self.scan.advance(mask, &self.text, self.clear);
            let settled = self.scan.settled(mask) >= part.range.end
                || self.ended
                || self.is_text(self.clear) == Some(false);
            if !settled {
                return None;
            }
        }
        self.continued = !part.last;
        self.start = part.range.end;
        if part.last {
            self.start = newline? + 1;
            self.searched = self.start;
        }
        let printed = part.print(&self.text, &self.scan);
        self.scan.forget(self.start);
        Some(printed)
    }

    /// Goes on at `start`, with nothing to print of what was before.
    fn skip_to(&mut self, start: usize) {
        self.start = start;
        self.searched = start;
        self.continued = false;
        if self.clear < start {
            self.clear = start;
            self.within = false;
        }
        self.scan.restart(start);
    }
}

#[cfg(test)]
mod tests;
