//! YAML as a tree with places and comments.
//!
//! The parser gives events, and the tree is built from them with a stack of its own, so that no text can
//! exhaust the thread's. Aliases are replaced by copies, within a budget; a tree that would be too deep
//! with them is refused, since what comes after walks it recursively.

mod builder;
mod remark;

use crate::Note;
use crate::error::ImportError;
use builder::Builder;
use granit_parser::{ErrorKind, Parser, ScanError, Span};
use std::ops::Range;

pub(crate) use remark::{Remark, Remarks};

/// How deep collections may be nested in one another. A pipeline has about ten levels.
const MAX_DEPTH: usize = 64;

/// A position as people count, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A scalar, sequence or mapping.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The bytes of the source. For what an alias stands for these are the alias.
    pub(crate) range: Range<usize>,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Scalar {
        text: String,
        /// Whether it has no quotes, so that it may be a number, a truth value or nothing.
        plain: bool,
    },
    Sequence(Vec<Item>),
    Mapping(Vec<Entry>),
}

/// An item of a sequence.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) remarks: Remarks,
    pub(crate) node: Node,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key begins.
    pub(crate) start: usize,
    pub(crate) place: Place,
    pub(crate) remarks: Remarks,
    pub(crate) node: Node,
}

impl Entry {
    /// The bytes of the source, from the key to the end of the value.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.node.range.end.max(self.start + self.key.len())
    }
}

impl Node {
    /// The text of a scalar; nothing is an empty text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { .. } if self.is_null() => Some(""),
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> Option<&[Item]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let entry = self.entries()?.iter().find(|entry| entry.key == key)?;
        Some(&entry.node)
    }

    /// All comments below it, in the order of the source.
    pub(crate) fn remarks(&self) -> Vec<&Remark> {
        fn collect<'a>(node: &'a Node, found: &mut Vec<&'a Remark>) {
            let mut child = |remarks: &'a Remarks, node: &'a Node| {
                found.extend(&remarks.above);
                collect(node, found);
                found.extend(&remarks.below);
            };
            match &node.kind {
                Kind::Scalar { .. } => {}
                Kind::Sequence(items) => items.iter().for_each(|i| child(&i.remarks, &i.node)),
                Kind::Mapping(entries) => entries.iter().for_each(|e| child(&e.remarks, &e.node)),
            }
        }
        let mut found = Vec::new();
        collect(self, &mut found);
        found
    }
}

/// Reads a file of one document; the notes are about what a tree does not have.
pub(crate) fn read(source: &str) -> Result<(Node, Vec<Note>), ImportError> {
    let options = granit_parser::options! {
        block_nesting_limit: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
        emit_anchor_events: true,
        max_buffered_comment_events: crate::MAX_BYTES,
    };
    let mut builder = Builder::new(source);
    for event in Parser::new_from_str_with_options(source, options) {
        let (event, span) = event.map_err(|error| no_yaml(&error))?;
        builder.event(event, &span)?;
    }
    builder.finish()
}

fn no_yaml(error: &ScanError) -> ImportError {
    let mark = error.marker();
    let at = Place {
        line: mark.line(),
        column: mark.col() + 1,
    };
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return builder::too_deep(at);
    }
    ImportError::new(
        at,
        format!("this is no YAML: {}", error.info()),
        "the file has to be one that Azure Pipelines accepts",
    )
}

fn place(span: &Span) -> Place {
    Place {
        line: span.start.line(),
        column: span.start.col() + 1,
    }
}

/// The bytes of a span. The parser knows them for every text that it was given as a whole.
fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}
