//! An array or a table that is being filled.

use super::meter::{Meter, Weight};
use super::shape::{Kind, Shape};
use crate::Spanned;
use crate::name::fold;
use crate::tree::{Member, Node, Tree};
use std::collections::HashMap;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;

/// The items or entries so far.
pub(crate) enum Collection {
    Items(Vec<Node>),
    Members {
        kind: Option<Kind>,
        members: Vec<Member>,
        seen: HashMap<String, Range<usize>>,
    },
}

impl Collection {
    /// An empty array.
    pub(crate) fn items() -> Self {
        Self::Items(Vec::new())
    }

    /// An empty table.
    pub(crate) fn members(shape: Shape) -> Self {
        Self::Members {
            kind: match shape {
                Shape::Collection(kind) => Some(kind),
                _ => None,
            },
            members: Vec::new(),
            seen: HashMap::new(),
        }
    }

    /// Whether there is nothing yet.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Items(items) => items.is_empty(),
            Self::Members { members, .. } => members.is_empty(),
        }
    }

    /// Whether it is a table.
    pub(crate) fn has_keys(&self) -> bool {
        matches!(self, Self::Members { .. })
    }

    /// What the table is a collection of.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Items(_) => None,
            Self::Members { kind, .. } => *kind,
        }
    }

    /// Adds an item or, to a table, an entry.
    ///
    /// # Errors
    ///
    /// The key is there already; jobs of the same name may be in different stages.
    pub(crate) fn add(
        &mut self,
        key: Option<Spanned<String>>,
        value: Node,
    ) -> Result<(), Diagnostic> {
        match (self, key) {
            (Self::Items(items), _) => items.push(value),
            (
                Self::Members {
                    kind,
                    members,
                    seen,
                },
                Some(key),
            ) => {
                let name = name(*kind, &key, &value);
                if let Some(first) = seen.get(&name) {
                    return Err(already_defined(&key, first));
                }
                seen.insert(name, key.span.clone());
                members.push(Member { key, value });
            }
            (Self::Members { .. }, None) => {}
        }
        Ok(())
    }

    /// The array or table, which stands at `span`.
    pub(crate) fn finish(self, span: &Range<usize>, meter: &mut Meter) -> Option<Node> {
        let value = match self {
            Self::Items(items) => Tree::Array(items),
            Self::Members { members, .. } => {
                let keys = members.iter().map(|member| member.key.value.len()).sum();
                meter.bytes(keys, span)?;
                Tree::Table(members)
            }
        };
        meter.tree(Weight::of(0), span)?;
        Some(Node {
            span: span.clone(),
            value,
        })
    }
}

/// What must be unique.
fn name(kind: Option<Kind>, key: &Spanned<String>, value: &Node) -> String {
    let Some(kind) = kind.filter(|kind| kind.has_names()) else {
        return key.value.clone();
    };
    let stage = match &value.value {
        Tree::Table(members) if kind == Kind::Jobs => {
            let stage = members.iter().find(|member| member.key.value == "stage");
            match stage.map(|stage| &stage.value.value) {
                Some(Tree::Text(stage)) => fold(stage),
                _ => String::new(),
            }
        }
        _ => String::new(),
    };
    format!("{}\n{stage}", fold(&key.value))
}

/// What to say of a key that is there already.
pub(crate) fn already_defined(key: &Spanned<String>, first: &Range<usize>) -> Diagnostic {
    let problem = Diagnostic::error(
        "already-defined",
        format!("'{}' is already defined", key.value),
    );
    if *first == key.span {
        return problem
            .at(key.span.clone(), "the same name again, from the same place")
            .help("in a loop or a template, put what differs into the name: `\"NAME_${{ … }}\"`");
    }
    problem
        .at(key.span.clone(), "the same name again")
        .at(first.clone(), "first here")
}
