//! Values of a file to values of the expression language, and back.
//!
//! The expression language knows nothing of places. What a table or an array came from is kept beside
//! it, so that a mistake in a list of steps that is handed to a template is shown where the list is.

use super::meter::{MAX_DEPTH, Meter, Weight};
use super::problem::Problems;
use crate::Spanned;
use crate::tree::{Member, Node, Tree};
use std::collections::HashMap;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Number, Value};

/// Where the items of an array stand, or the keys and values of a table.
struct Places {
    /// Keeps the identity from being used again.
    _value: Value,
    spans: Vec<(Range<usize>, Range<usize>)>,
}

/// Where collections came from.
#[derive(Default)]
pub(crate) struct Origins {
    places: HashMap<usize, Places>,
}

impl Origins {
    /// The value that a node describes.
    pub(crate) fn value(&mut self, node: &Node, problems: &mut Problems) -> Value {
        let value: Value = match &node.value {
            Tree::Text(text) | Tree::Datetime(text) => return text.as_str().into(),
            Tree::Boolean(value) => return (*value).into(),
            Tree::Float(text) => return float(text),
            Tree::Integer(Some(value)) => return (*value).into(),
            Tree::Integer(None) => {
                problems.report(
                    Diagnostic::error("invalid-value", "the number is too large")
                        .at(node.span.clone(), "does not fit into 64 bits")
                        .help("write it in quotes"),
                );
                return Value::Null;
            }
            Tree::Array(items) => {
                let values = items.iter().map(|item| self.value(item, problems));
                Value::Array(values.collect())
            }
            Tree::Table(members) => {
                let entry = |member: &Member| {
                    let value = self.value(&member.value, problems);
                    (member.key.value.clone(), value)
                };
                Value::Object(members.iter().map(entry).collect())
            }
        };
        let spans = match &node.value {
            Tree::Array(items) => items.iter().map(|item| (0..0, item.span.clone())).collect(),
            Tree::Table(members) => members
                .iter()
                .map(|member| (member.key.span.clone(), member.value.span.clone()))
                .collect(),
            _ => Vec::new(),
        };
        if let Some(identity) = identity(&value) {
            let places = Places {
                _value: value.clone(),
                spans,
            };
            self.places.insert(identity, places);
        }
        value
    }

    /// The node for a value that stands at `span`; `None` if it is too much.
    pub(crate) fn node(
        &self,
        value: &Value,
        span: &Range<usize>,
        level: usize,
        meter: &mut Meter,
    ) -> Option<Node> {
        if level > MAX_DEPTH {
            return None;
        }
        let places = identity(value).and_then(|identity| self.places.get(&identity));
        let place = |at: usize| places.and_then(|places| places.spans.get(at).cloned());
        let tree = match value {
            Value::Array(array) => {
                let mut items = Vec::with_capacity(array.items().len());
                for (at, item) in array.items().iter().enumerate() {
                    let (_, span) = place(at).unwrap_or((0..0, span.clone()));
                    items.push(self.node(item, &span, level + 1, meter)?);
                }
                Tree::Array(items)
            }
            Value::Object(object) => {
                let mut members = Vec::with_capacity(object.len());
                for (at, (name, item)) in object.iter().enumerate() {
                    let (key, span) = place(at).unwrap_or((span.clone(), span.clone()));
                    meter.bytes(name.len(), &span)?;
                    members.push(Member {
                        key: Spanned::new(name.to_owned(), key),
                        value: self.node(item, &span, level + 1, meter)?,
                    });
                }
                Tree::Table(members)
            }
            Value::Boolean(value) => Tree::Boolean(*value),
            Value::Number(number) => match number.to_i64() {
                Some(integer) => Tree::Integer(Some(integer)),
                None => Tree::Float(number.to_string()),
            },
            Value::String(text) => Tree::Text(text.to_string()),
            Value::Null => Tree::Text(String::new()),
            Value::Version(_) | Value::DateTime(_) => Tree::Text(
                value
                    .as_text()
                    .map(|text| text.to_string())
                    .unwrap_or_default(),
            ),
        };
        let node = Node {
            span: span.clone(),
            value: tree,
        };
        meter.tree(Weight::of_one(&node), span)?;
        Some(node)
    }
}

fn identity(value: &Value) -> Option<usize> {
    match value {
        Value::Array(array) => Some(array.identity()),
        Value::Object(object) => Some(object.identity()),
        _ => None,
    }
}

/// A TOML float. What is no decimal number, such as `inf`, is text.
fn float(text: &str) -> Value {
    let digits = text.replace('_', "");
    Number::parse_literal(digits.trim_start_matches('+'))
        .or_else(|| digits.parse().ok().and_then(Number::from_f64))
        .map_or_else(|| text.into(), Value::Number)
}
