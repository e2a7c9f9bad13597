//! Words that flow into lines.

use crate::text::width;
use crate::words::Paint;
use anstyle::Style;

/// Text in several styles, still without lines. All of it is safe to show.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(Style, String),
    Break,
}

/// Pieces of text without white space between them.
#[derive(Default)]
struct Word<'a> {
    pieces: Vec<(Style, &'a str)>,
    width: usize,
}

impl Flow {
    pub(crate) fn push(&mut self, style: Style, text: impl Into<String>) {
        self.pieces.push(Piece::Text(style, text.into()));
    }

    /// Ends the line.
    pub(crate) fn end_line(&mut self) {
        self.pieces.push(Piece::Break);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How many pieces there are.
    pub(crate) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The text from this piece on without styles, in one line.
    pub(crate) fn text(&self, from: usize) -> String {
        let pieces = self.pieces.iter().skip(from).map(|piece| match piece {
            Piece::Text(_, text) => text,
            Piece::Break => " ",
        });
        pieces.collect()
    }

    /// Lines of at most `columns`, but for words that are longer.
    pub(crate) fn lines(&self, columns: usize, paint: Paint) -> Vec<String> {
        let mut lines = Lines {
            done: Vec::new(),
            line: String::new(),
            used: 0,
            columns,
            paint,
        };
        let mut word = Word::default();
        for piece in &self.pieces {
            match piece {
                Piece::Text(style, text) => {
                    for (index, part) in text.split(char::is_whitespace).enumerate() {
                        if index > 0 {
                            lines.word(std::mem::take(&mut word));
                        }
                        if !part.is_empty() {
                            word.width += width(part);
                            word.pieces.push((*style, part));
                        }
                    }
                }
                Piece::Break => {
                    lines.word(std::mem::take(&mut word));
                    lines.end();
                }
            }
        }
        lines.word(word);
        if !lines.line.is_empty() {
            lines.end();
        }
        lines.done
    }
}

struct Lines {
    done: Vec<String>,
    line: String,
    used: usize,
    columns: usize,
    paint: Paint,
}

impl Lines {
    fn word(&mut self, word: Word<'_>) {
        if word.pieces.is_empty() {
            return;
        }
        if self.used > 0 && self.used + 1 + word.width > self.columns {
            self.end();
        }
        if self.used > 0 {
            self.line.push(' ');
            self.used += 1;
        }
        for (style, text) in word.pieces {
            match style == Style::new() {
                true => self.line.push_str(text),
                false => self.line.push_str(&self.paint.with(style, text)),
            }
        }
        self.used += word.width;
    }

    fn end(&mut self) {
        self.done.push(std::mem::take(&mut self.line));
        self.used = 0;
    }
}
