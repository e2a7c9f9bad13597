//! The first pass: text to a tree of TOML values, and all syntax errors.

use std::collections::BTreeSet;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use toml::de::DeTable;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// The most parts of a dotted key. The format needs five. The tree's depth must be bounded before
/// the parser builds it: the parser bounds brackets and braces but not dots, and dropping a tree
/// takes stack for every level.
const MAX_KEY_PARTS: usize = 8;

const DUPLICATE_KEY: &str = "duplicate-key";

/// What became of the text.
pub(crate) struct Document<'t> {
    /// The tree, as far as it could be read; `None` if it was not built at all.
    pub(crate) root: Option<DeTable<'t>>,
    /// The syntax errors.
    pub(crate) errors: Vec<Diagnostic>,
}

/// Parses `text` and goes on after errors.
pub(crate) fn parse(text: &str) -> Document<'_> {
    if let Some(span) = too_deep(text) {
        let error = Diagnostic::error(
            "syntax",
            format!("a key has more than {MAX_KEY_PARTS} parts"),
        )
        .at(span, "too many dots")
        .help("text with dots must be written in quotes");
        return Document {
            root: None,
            errors: vec![error],
        };
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut errors: Vec<_> = errors
        .iter()
        .map(|error| {
            let span = within(text, error.span().unwrap_or_default());
            describe(text, span, error.message())
        })
        .collect();
    // What follows the first syntax error of a line is mostly its echo.
    errors.sort_by_key(Diagnostic::position);
    let lines = Lines::of(text, &[]);
    let mut broken = BTreeSet::new();
    errors.retain(|error| {
        error.code == DUPLICATE_KEY || broken.insert(lines.number(error.position()))
    });
    Document {
        root: Some(root.into_inner()),
        errors,
    }
}

/// A syntax error in words that need no knowledge of the parser.
fn describe(text: &str, span: Range<usize>, message: &str) -> Diagnostic {
    let (before, after) = text.split_at(span.start);
    let found = text.get(span.clone()).unwrap_or_default();
    if message == "duplicate key" && !found.is_empty() {
        return Diagnostic::error(
            "duplicate-key",
            format!("`{found}` is given more than once"),
        )
        .at(span, "given before")
        .help("remove one of them, or bring both under one header");
    }
    let stops = after.trim_start_matches([' ', '\t']).chars().next();
    let bare = stops.is_none_or(|c| matches!(c, '\r' | '\n' | ',' | '}' | '#'));
    if found.is_empty() && bare && before.trim_end_matches([' ', '\t']).ends_with('=') {
        return Diagnostic::error("syntax", "a value is missing").at(span, "expected here");
    }
    Diagnostic::error("syntax", message).at(span, "")
}

/// The first dot too many of a key with too many parts.
fn too_deep(text: &str) -> Option<Range<usize>> {
    let mut parts = 1;
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => {
                parts += 1;
                if parts > MAX_KEY_PARTS {
                    return Some(token.span().start()..token.span().end());
                }
            }
            TokenKind::Atom
            | TokenKind::Whitespace
            | TokenKind::BasicString
            | TokenKind::LiteralString
            | TokenKind::MlBasicString
            | TokenKind::MlLiteralString => {}
            _ => parts = 1,
        }
    }
    None
}

/// `span` cut to what can be sliced out of `text`.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = text.floor_char_boundary(span.end).max(start);
    start..end
}

/// A set of lines of a text.
pub(crate) struct Lines {
    starts: Vec<usize>,
    chosen: BTreeSet<usize>,
}

impl Lines {
    /// The lines of `text` where `diagnostics` have their places.
    pub(crate) fn of(text: &str, diagnostics: &[Diagnostic]) -> Self {
        let mut lines = Self {
            starts: text.match_indices('\n').map(|(at, _)| at + 1).collect(),
            chosen: BTreeSet::new(),
        };
        lines.chosen = diagnostics
            .iter()
            .map(|diagnostic| lines.number(diagnostic.position()))
            .collect();
        lines
    }

    /// Whether byte `position` is on one of the lines.
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.chosen.contains(&self.number(position))
    }

    fn number(&self, position: usize) -> usize {
        self.starts.partition_point(|start| *start <= position)
    }
}
