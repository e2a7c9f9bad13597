//! Template directives: `${{ if … }}` and its like as keys of YAML, as entries of TOML.

use crate::document::Value;
use crate::text::whole_expression;
use crate::yaml::{Entry, Item, Kind, Node, Remark, Remarks};

/// What a key of the source says about what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Directive {
    If(String),
    ElseIf(String),
    Else,
    Each(String),
    Insert,
}

impl Directive {
    /// The directive that `key` is, if it is one.
    pub(crate) fn of(key: &str) -> Option<Self> {
        let expression = whole_expression(key)?;
        let end = expression
            .find(|c: char| c.is_whitespace() || c == '(')
            .unwrap_or(expression.len());
        let (word, rest) = expression.split_at_checked(end)?;
        let rest = rest.trim().to_owned();
        match word {
            "if" if !rest.is_empty() => Some(Self::If(rest)),
            "elseif" if !rest.is_empty() => Some(Self::ElseIf(rest)),
            "else" if rest.is_empty() => Some(Self::Else),
            "each" if !rest.is_empty() => Some(Self::Each(rest)),
            "insert" if rest.is_empty() => Some(Self::Insert),
            _ => None,
        }
    }

    /// The key and value that an entry has for it.
    pub(crate) fn pair(&self) -> Option<(&'static str, Value)> {
        match self {
            Self::If(condition) => Some(("if", Value::Text(condition.clone()))),
            Self::ElseIf(condition) => Some(("elseif", Value::Text(condition.clone()))),
            Self::Else => Some(("else", Value::Boolean(true))),
            Self::Each(each) => Some(("each", Value::Text(each.clone()))),
            Self::Insert => None,
        }
    }
}

/// A part of a collection.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    Leaf(Leaf<'a>),
    Governed(Governed<'a>),
}

/// An entry, an item, or the value to insert.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<'a> {
    /// The entry, in a mapping.
    pub(crate) entry: Option<&'a Entry>,
    pub(crate) node: &'a Node,
    pub(crate) remarks: Vec<&'a Remarks>,
    /// The directives that govern it, the outermost first.
    pub(crate) under: Vec<&'a Entry>,
    /// Whether the entries of the value stand here.
    pub(crate) is_insert: bool,
}

impl Leaf<'_> {
    /// The comments above it and at the end of its line.
    pub(crate) fn above(&self) -> impl Iterator<Item = &Remark> {
        self.remarks.iter().flat_map(|remarks| &remarks.above)
    }

    /// The comments below it.
    pub(crate) fn below(&self) -> impl Iterator<Item = &Remark> {
        self.remarks.iter().flat_map(|remarks| &remarks.below)
    }
}

/// What stands below a directive.
#[derive(Debug)]
pub(crate) struct Governed<'a> {
    pub(crate) directive: Directive,
    pub(crate) entry: &'a Entry,
    pub(crate) remarks: Vec<&'a Remarks>,
    pub(crate) parts: Vec<Part<'a>>,
}

/// The parts of a collection, a sequence in a sequence among its items.
pub(crate) fn parts(node: &Node) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    match &node.kind {
        Kind::Mapping(entries) => entries_into(&mut parts, entries, &[]),
        Kind::Sequence(items) => items
            .iter()
            .for_each(|item| item_into(&mut parts, item, &[])),
        Kind::Scalar { .. } if node.is_null() => {}
        Kind::Scalar { .. } => parts.push(Part::Leaf(Leaf {
            entry: None,
            node,
            remarks: Vec::new(),
            under: Vec::new(),
            is_insert: true,
        })),
    }
    parts
}

fn entries_into<'a>(parts: &mut Vec<Part<'a>>, entries: &'a [Entry], outer: &[&'a Remarks]) {
    for (at, entry) in entries.iter().enumerate() {
        let mut remarks = if at == 0 { outer.to_vec() } else { Vec::new() };
        remarks.push(&entry.remarks);
        match Directive::of(&entry.key) {
            None => parts.push(Part::Leaf(Leaf {
                entry: Some(entry),
                node: &entry.node,
                remarks,
                under: Vec::new(),
                is_insert: false,
            })),
            Some(Directive::Insert) if entry.node.entries().is_none() => {
                parts.push(Part::Leaf(Leaf {
                    entry: Some(entry),
                    node: &entry.node,
                    remarks,
                    under: Vec::new(),
                    is_insert: true,
                }));
            }
            Some(directive) => parts.push(Part::Governed(Governed {
                directive,
                entry,
                remarks,
                parts: self::parts(&entry.node),
            })),
        }
    }
}

fn item_into<'a>(parts: &mut Vec<Part<'a>>, item: &'a Item, outer: &[&'a Remarks]) {
    let mut remarks = outer.to_vec();
    remarks.push(&item.remarks);
    match &item.node.kind {
        Kind::Mapping(entries) if is_list_directive(entries) => {
            for (at, entry) in entries.iter().enumerate() {
                let Some(directive) = Directive::of(&entry.key) else {
                    continue;
                };
                let mut own = if at == 0 { remarks.clone() } else { Vec::new() };
                own.push(&entry.remarks);
                let below = match entry.node.kind {
                    Kind::Mapping(_) => item_of(&entry.node),
                    _ => self::parts(&entry.node),
                };
                parts.push(Part::Governed(Governed {
                    directive,
                    entry,
                    remarks: own,
                    parts: below,
                }));
            }
        }
        Kind::Sequence(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                item_into(parts, item, if at == 0 { &remarks } else { &[] });
            }
        }
        _ => parts.push(Part::Leaf(Leaf {
            entry: None,
            node: &item.node,
            remarks,
            under: Vec::new(),
            is_insert: item
                .node
                .text()
                .is_some_and(|t| whole_expression(t).is_some()),
        })),
    }
}

/// A mapping right below a directive in a sequence is the one item there.
fn item_of(node: &Node) -> Vec<Part<'_>> {
    vec![Part::Leaf(Leaf {
        entry: None,
        node,
        remarks: Vec::new(),
        under: Vec::new(),
        is_insert: false,
    })]
}

/// Whether all that an item says is when it is there.
fn is_list_directive(entries: &[Entry]) -> bool {
    !entries.is_empty()
        && entries.iter().all(|entry| {
            Directive::of(&entry.key).is_some_and(|directive| directive != Directive::Insert)
        })
}

mod guard;

pub(crate) use guard::{Budget, Guard, guarded};
