//! Which failures are the same: those with equal signatures, and those of which the oracle says so.

use crate::record::Record;
use std::collections::{HashMap, HashSet};
use stepwell_event::{BisectEvent, Observation, Verdict};

/// What is known of failures. If one is the same as two others, these are the same.
pub(crate) struct Kinds<'r> {
    /// The number of each failure's kind, of those that were compared.
    kinds: HashMap<&'r str, usize>,
    /// Kinds that are not the same, the smaller number first.
    apart: HashSet<(usize, usize)>,
}

impl<'r> Kinds<'r> {
    pub(crate) fn of(record: &'r Record) -> Self {
        let compared = || {
            record.events.iter().filter_map(|(_, event)| match event {
                BisectEvent::Compared {
                    one, other, same, ..
                } => Some((one.as_str(), other.as_str(), *same)),
                _ => None,
            })
        };
        let mut known = Self {
            kinds: HashMap::new(),
            apart: HashSet::new(),
        };
        for (one, other, same) in compared() {
            let (one, other) = (known.number(one), known.number(other));
            if same {
                let kinds = known.kinds.values_mut();
                kinds
                    .filter(|kind| **kind == other)
                    .for_each(|kind| *kind = one);
            }
        }
        for (one, other, _) in compared().filter(|(_, _, same)| !same) {
            let pair = (known.number(one), known.number(other));
            known.apart.insert(in_order(pair));
        }
        known
    }

    fn number(&mut self, signature: &'r str) -> usize {
        let next = self.kinds.len();
        *self.kinds.entry(signature).or_insert(next)
    }

    /// Whether two failures are the same; none if that was not found out.
    pub(crate) fn known(&self, one: &str, other: &str) -> Option<bool> {
        if one == other {
            return Some(true);
        }
        let pair = (*self.kinds.get(one)?, *self.kinds.get(other)?);
        match pair.0 == pair.1 {
            true => Some(true),
            false => self.apart.contains(&in_order(pair)).then_some(false),
        }
    }

    /// Whether two failures are the same, as far as is known.
    pub(crate) fn same(&self, one: &str, other: &str) -> bool {
        self.known(one, other).unwrap_or(false)
    }
}

fn in_order((one, other): (usize, usize)) -> (usize, usize) {
    (one.min(other), one.max(other))
}

/// One observation of every failure that was seen, in the order in which they were.
pub(crate) fn examples(record: &Record) -> Vec<(&str, &Observation)> {
    let mut examples: Vec<(&str, &Observation)> = Vec::new();
    for fact in record.facts() {
        if let (Verdict::Bad, Some(signature)) = (
            fact.observation.verdict,
            fact.observation.signature.as_deref(),
        ) && examples.iter().all(|(known, _)| *known != signature)
        {
            examples.push((signature, fact.observation));
        }
    }
    examples
}

/// Why an oracle that compares failures did not, if it did not.
pub(crate) fn unanswered(record: &Record) -> Option<&str> {
    record.events.iter().find_map(|(_, event)| match event {
        BisectEvent::Compared {
            unanswered: Some(why),
            ..
        } => Some(why.as_str()),
        _ => None,
    })
}
