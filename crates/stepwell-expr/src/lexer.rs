//! Text to tokens.
//!
//! A token runs to the next white space or punctuation. Whether a `.` starts a number or an access
//! depends only on the token before it, and so does whether a word is a property.

use crate::number::Number;
use crate::value::Value;
use crate::version::Version;
use std::ops::Range;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// `(`
    OpenCall,
    /// `)`
    CloseCall,
    /// `[`
    OpenIndex,
    /// `]`
    CloseIndex,
    /// `,`
    Separator,
    /// `.`
    Dereference,
    /// `*`
    Wildcard,
    /// A boolean, number, version or string.
    Literal(Value),
    /// A word: the name of a function or a value.
    Word,
    /// A word after a `.`.
    Property,
    /// Anything else.
    Malformed,
}

/// The tokens of a text, one after the other.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    position: usize,
    last: Option<TokenKind>,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            position: 0,
            last: None,
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// Whether a `.` starts a number here.
    fn expects_operand(&self) -> bool {
        matches!(
            self.last,
            None | Some(TokenKind::Separator | TokenKind::OpenCall | TokenKind::OpenIndex)
        )
    }

    fn take(&mut self) -> Option<Token> {
        let rest = self.rest();
        let start = self.position + (rest.len() - rest.trim_start().len());
        let rest = rest.trim_start();
        let (kind, length) = match rest.chars().next()? {
            '(' => (TokenKind::OpenCall, 1),
            ')' => (TokenKind::CloseCall, 1),
            '[' => (TokenKind::OpenIndex, 1),
            ']' => (TokenKind::CloseIndex, 1),
            ',' => (TokenKind::Separator, 1),
            '*' => (TokenKind::Wildcard, 1),
            '\'' => string(rest),
            '.' if !self.expects_operand() => (TokenKind::Dereference, 1),
            '.' | '-' | '0'..='9' => number(rest),
            _ => self.word(rest),
        };
        self.position = start + length;
        Some(Token {
            kind,
            span: start..self.position,
        })
    }

    fn word(&self, rest: &str) -> (TokenKind, usize) {
        let word = run(rest, false);
        let kind = if !is_word(word) {
            TokenKind::Malformed
        } else if self.last == Some(TokenKind::Dereference) {
            TokenKind::Property
        } else if word.eq_ignore_ascii_case("true") {
            TokenKind::Literal(true.into())
        } else if word.eq_ignore_ascii_case("false") {
            TokenKind::Literal(false.into())
        } else {
            TokenKind::Word
        };
        (kind, word.len())
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let token = self.take()?;
        self.last = Some(token.kind.clone());
        Some(token)
    }
}

/// The text up to the next white space or punctuation, with or without points.
fn run(text: &str, points: bool) -> &str {
    let end = text.find(|letter: char| match letter {
        '.' => !points,
        '(' | ')' | '[' | ']' | ',' => true,
        _ => letter.is_whitespace(),
    });
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A number, or a version if there are two points or more.
fn number(rest: &str) -> (TokenKind, usize) {
    let text = run(rest, true);
    let value = match text.matches('.').count() {
        0 | 1 => Number::parse_literal(text).map(Value::from),
        _ => Version::parse(text).map(Value::from),
    };
    (
        value.map_or(TokenKind::Malformed, TokenKind::Literal),
        text.len(),
    )
}

/// A string up to a quote that is not doubled.
fn string(rest: &str) -> (TokenKind, usize) {
    let mut content = String::new();
    let mut length = 1;
    while let Some(after) = rest.get(length..) {
        let Some(quote) = after.find('\'') else {
            break;
        };
        content.push_str(after.get(..quote).unwrap_or_default());
        length += quote + 1;
        if !after
            .get(quote + 1..)
            .is_some_and(|next| next.starts_with('\''))
        {
            return (TokenKind::Literal(content.into()), length);
        }
        content.push('\'');
        length += 1;
    }
    (TokenKind::Malformed, rest.len())
}
