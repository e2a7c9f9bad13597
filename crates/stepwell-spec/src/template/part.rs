//! A file as a program that makes a tree: every expression read, every directive understood.
//!
//! A file is compiled once and expanded as often as it is included. What is not part of any directive
//! or expression stays a finished tree.

use super::meter::Weight;
use super::shape::{Kind, Shape};
use crate::Spanned;
use crate::tree::{Member, Node};
use std::ops::Range;
use stepwell_expr::Expression;

/// What makes a value.
pub(crate) enum Part {
    /// A value as it stands in the file.
    Plain(Node, Weight),
    /// A text with expressions.
    Text(Text),
    /// An array.
    Array(Range<usize>, Vec<Entry>),
    /// A table whose keys are not touched by directives.
    Table(Range<usize>, Shape, Vec<Entry>),
    /// What is broken. It was reported.
    Broken,
}

/// A text with expressions.
pub(crate) struct Text {
    pub(crate) span: Range<usize>,
    pub(crate) shape: Shape,
    pub(crate) segments: Vec<Segment>,
}

/// A part of a text.
pub(crate) enum Segment {
    Literal(String),
    Expression(Formula),
}

/// An expression and where it stands.
pub(crate) struct Formula {
    pub(crate) expression: Expression,
    pub(crate) place: Place,
}

/// Where a text stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The text, or the string that it is part of if that is written with escapes.
    pub(crate) span: Range<usize>,
    /// Whether bytes of the text are bytes of the file.
    pub(crate) is_exact: bool,
}

impl Place {
    /// Where some bytes of the text are.
    pub(crate) fn of(&self, bytes: &Range<usize>) -> Range<usize> {
        match self.is_exact {
            true => self.span.start + bytes.start..self.span.start + bytes.end,
            false => self.span.clone(),
        }
    }

    /// The place of a part of the text.
    pub(crate) fn part(&self, bytes: &Range<usize>) -> Self {
        Self {
            span: self.of(bytes),
            is_exact: self.is_exact,
        }
    }
}

/// An item of an array or an entry of a table, with its directives.
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) condition: Condition,
    pub(crate) each: Option<Each>,
    pub(crate) content: Content,
}

/// What an entry is called.
pub(crate) enum Key {
    /// It is an item of an array.
    None,
    Name(Spanned<String>),
    Text(Text),
}

/// Whether an entry is there.
pub(crate) enum Condition {
    Always,
    If(Formula),
    ElseIf(Formula),
    Else,
}

/// How often an entry is there.
pub(crate) struct Each {
    pub(crate) variable: String,
    pub(crate) items: Formula,
}

/// What an entry is.
pub(crate) enum Content {
    /// A value. An array that an expression or a directive has put into an array is flattened.
    Value { part: Part, flattened: bool },
    /// The items or entries of a collection.
    Splice(Part),
    /// The items or entries of a value.
    Insert(Formula),
    /// What a template says.
    Include(Kind, Include),
}

/// A template that is named somewhere.
pub(crate) struct Include {
    /// Its path.
    pub(crate) path: Part,
    /// Where that stands.
    pub(crate) span: Range<usize>,
    /// A table.
    pub(crate) arguments: Option<Part>,
    /// The stage of those of its jobs that name none.
    pub(crate) stage: Option<(Spanned<String>, Part)>,
}

impl Entry {
    /// An entry without directives.
    pub(crate) fn new(key: Key, part: Part) -> Self {
        let flattened = matches!(part, Part::Text(_));
        Self {
            key,
            condition: Condition::Always,
            each: None,
            content: Content::Value { part, flattened },
        }
    }

    /// Whether nothing is to be expanded.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(
            self,
            Self {
                key: Key::None | Key::Name(_),
                condition: Condition::Always,
                each: None,
                content: Content::Value {
                    part: Part::Plain(..),
                    ..
                },
            }
        )
    }

    /// The item, if it is plain.
    pub(crate) fn into_item(self) -> Option<(Node, Weight)> {
        match self.content {
            Content::Value {
                part: Part::Plain(node, weight),
                ..
            } => Some((node, weight)),
            _ => None,
        }
    }

    /// The entry, if it is plain and has a name.
    pub(crate) fn into_member(self) -> Option<(Member, Weight)> {
        let Key::Name(key) = self.key else {
            return None;
        };
        match self.content {
            Content::Value {
                part: Part::Plain(value, weight),
                ..
            } => {
                let weight = weight.and(Weight::of(key.value.len()));
                Some((Member { key, value }, weight))
            }
            _ => None,
        }
    }
}
