//! A file as a tree of values that know their places.
//!
//! The parser's own tree borrows from one text. This one can hold what came from several files and
//! what an expression made, so that expansion and reading need to know only one kind of tree.

use crate::Spanned;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Tree,
}

/// A value of a pipeline file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Text(String),
    /// `None` is a number that does not fit into 64 bits.
    Integer(Option<i64>),
    /// As written.
    Float(String),
    Boolean(bool),
    /// As written.
    Datetime(String),
    Array(Vec<Node>),
    /// In the order of the file.
    Table(Vec<Member>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) key: Spanned<String>,
    pub(crate) value: Node,
}

impl Tree {
    /// What the value is, with its article.
    pub(crate) fn article(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date or time",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
        }
    }

    /// The table as the parser sees it, in a file whose first byte has the place `base`.
    ///
    /// A value that a syntax error has swallowed is left out: the parser puts a number without a
    /// place there.
    pub(crate) fn table(table: &DeTable<'_>, base: usize) -> Self {
        let mut members: Vec<_> = table
            .iter()
            .filter(|(_, value)| !value.span().is_empty())
            .map(|(key, value)| Member {
                key: Spanned::new(key.get_ref().to_string(), moved(key.span(), base)),
                value: Node {
                    span: moved(value.span(), base),
                    value: Self::value(value.get_ref(), base),
                },
            })
            .collect();
        members.sort_by_key(|member| member.key.span.start);
        Self::Table(members)
    }

    fn value(value: &DeValue<'_>, base: usize) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(number) => {
                Self::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
            }
            DeValue::Float(number) => Self::Float(number.as_str().to_owned()),
            DeValue::Boolean(value) => Self::Boolean(*value),
            DeValue::Datetime(value) => Self::Datetime(value.to_string()),
            DeValue::Array(items) => Self::Array(
                items
                    .iter()
                    .map(|item| Node {
                        span: moved(item.span(), base),
                        value: Self::value(item.get_ref(), base),
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Self::table(table, base),
        }
    }
}

fn moved(span: Range<usize>, base: usize) -> Range<usize> {
    span.start + base..span.end + base
}
