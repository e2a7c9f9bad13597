//! Directives for entries one by one, where a collection has no groups.
//!
//! A directive that governs several entries stands at each of them. In a chain the entries would then no
//! longer be neighbours, and an `else` would belong to the wrong one, so each gets its whole condition.

use super::{Directive, Governed, Leaf, Part};
use crate::document::Value;
use crate::yaml::Entry;

/// How long the conditions may be in all, since some of them are repeated.
const MAX_REPEATED_BYTES: usize = 2 << 20;

/// What is left of [`MAX_REPEATED_BYTES`].
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_REPEATED_BYTES)
    }
}

/// When an entry is there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    each: Option<String>,
    branch: Option<Directive>,
}

impl Guard {
    pub(crate) fn is_always(&self) -> bool {
        self.each.is_none() && self.branch.is_none()
    }

    /// The keys that an entry has for it.
    pub(crate) fn pairs(&self) -> Vec<(String, Value)> {
        let each = self.each.clone().map(Directive::Each);
        [each, self.branch.clone()]
            .into_iter()
            .flatten()
            .filter_map(|directive| directive.pair())
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }

    /// The guard that has `inner` inside of this one; none if an entry cannot say that.
    fn around(&self, inner: &Self, budget: &mut Budget) -> Option<Self> {
        let each = match (&self.each, &inner.each) {
            (Some(_), Some(_)) => return None,
            (each, None) | (None, each) => each.clone(),
        };
        let branch = match (&self.branch, &inner.branch) {
            (None, branch) | (branch, None) => branch.clone(),
            (Some(Directive::If(outer)), Some(Directive::If(inner))) => {
                Some(Directive::If(format!("and({outer}, {inner})")))
            }
            _ => return None,
        };
        let length = each.as_ref().map_or(0, String::len)
            + match &branch {
                Some(Directive::If(text) | Directive::ElseIf(text)) => text.len(),
                _ => 0,
            };
        budget.0 = budget.0.checked_sub(length)?;
        Some(Self { each, branch })
    }
}

/// The leaves of a collection, each with its guard; none where an entry cannot say when it is there.
pub(crate) fn guarded<'a>(
    parts: Vec<Part<'a>>,
    budget: &mut Budget,
) -> Vec<(Option<Guard>, Leaf<'a>)> {
    let mut leaves = Vec::new();
    let mut rest = parts.into_iter().peekable();
    while let Some(part) = rest.next() {
        match part {
            Part::Leaf(leaf) => leaves.push((Some(Guard::default()), leaf)),
            Part::Governed(first) => {
                let mut chain = vec![first];
                while let Some(Part::Governed(next)) = rest.next_if(|part| {
                    matches!(part, Part::Governed(next)
                        if matches!(next.directive, Directive::ElseIf(_) | Directive::Else))
                }) {
                    chain.push(next);
                }
                leaves.extend(chained(chain, budget));
            }
        }
    }
    leaves
}

fn chained<'a>(chain: Vec<Governed<'a>>, budget: &mut Budget) -> Vec<(Option<Guard>, Leaf<'a>)> {
    let is_chain = chain.len() > 1;
    let mut branches = Vec::new();
    for mut governed in chain {
        let mut inner = guarded(std::mem::take(&mut governed.parts), budget);
        if inner.is_empty() {
            inner.push((None, nothing(governed.entry)));
        }
        hand_down(&governed, &mut inner);
        branches.push((governed.directive, inner));
    }
    let is_plain = |inner: &Vec<(Option<Guard>, Leaf<'_>)>| matches!(inner.as_slice(), [(Some(guard), _)] if guard.is_always());
    let keep = !is_chain || branches.iter().all(|(_, inner)| is_plain(inner));
    let mut before = Vec::new();
    let mut leaves = Vec::new();
    for (directive, inner) in branches {
        let guard = if keep {
            Some(of(directive))
        } else {
            whole(directive, &mut before, budget)
        };
        for (own, leaf) in inner {
            let both = guard.as_ref().zip(own.as_ref()).and_then(|(outer, inner)| {
                match keep && inner.is_always() {
                    true => Some(outer.clone()),
                    false => outer.around(inner, budget),
                }
            });
            leaves.push((both, leaf));
        }
    }
    leaves
}

/// The comments of a directive are those of what it governs first.
fn hand_down<'a>(governed: &Governed<'a>, inner: &mut [(Option<Guard>, Leaf<'a>)]) {
    if let Some((_, leaf)) = inner.first_mut() {
        leaf.remarks.splice(0..0, governed.remarks.iter().copied());
    }
    for (_, leaf) in inner {
        leaf.under.insert(0, governed.entry);
    }
}

/// A directive that governs nothing, which is to be said.
fn nothing(entry: &Entry) -> Leaf<'_> {
    Leaf {
        entry: None,
        node: &entry.node,
        remarks: Vec::new(),
        under: Vec::new(),
        is_insert: false,
    }
}

fn of(directive: Directive) -> Guard {
    match directive {
        Directive::Each(each) => Guard {
            each: Some(each),
            branch: None,
        },
        Directive::Insert => Guard::default(),
        branch => Guard {
            each: None,
            branch: Some(branch),
        },
    }
}

/// The guard of a branch that says all of its condition itself.
fn whole(directive: Directive, before: &mut Vec<String>, budget: &mut Budget) -> Option<Guard> {
    let negated = |before: &[String]| match before {
        [one] => format!("not({one})"),
        several => format!("not(or({}))", several.join(", ")),
    };
    let length: usize = before.iter().map(|condition| condition.len() + 2).sum();
    budget.0 = budget.0.checked_sub(length)?;
    let condition = match directive {
        Directive::If(condition) => {
            before.push(condition.clone());
            condition
        }
        Directive::ElseIf(condition) => {
            let whole = match before.as_slice() {
                [] => condition.clone(),
                earlier => format!("and({}, {condition})", negated(earlier)),
            };
            before.push(condition);
            whole
        }
        Directive::Else if !before.is_empty() => negated(before),
        directive => return Some(of(directive)),
    };
    Some(of(Directive::If(condition)))
}
