//! Values without a meaning of their own: inputs, environments, what is handed to a template.

use crate::directive::{self, Guard, Leaf, guarded};
use crate::document::{Table, Value};
use crate::importer::{Importer, all_of, texts};
use crate::text::whole_expression;
use crate::yaml::{Entry, Kind, Node};
use std::collections::HashMap;

/// What the texts of a collection become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalars {
    /// Texts all of them: variables and environments hold nothing else.
    Texts,
    /// What they look like, if nothing of how they are written is lost by that.
    Typed,
}

/// Whether the entries of a table may have directives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directives {
    Allowed,
    Refused,
}

const NO_GROUP: &str =
    "an entry cannot say when it is there; write it with an expression, or move it into a template";
const NO_COLLECTION: &str =
    "directives are for entries of `inputs`, `env` and the like, and this is an ordinary table";

/// A scalar. `3.10` stays a text, since as a number it is `3.1`.
pub(crate) fn scalar(node: &Node, scalars: Scalars) -> Option<Value> {
    let text = node.text()?;
    if let Kind::Scalar { plain: true, .. } = node.kind
        && scalars == Scalars::Typed
    {
        if let Ok(truth) = text.parse() {
            return Some(Value::Boolean(truth));
        }
        if let Ok(number) = text.parse::<i64>()
            && number.to_string() == text
        {
            return Some(Value::Integer(number));
        }
    }
    Some(Value::Text(text.to_owned()))
}

impl Importer<'_> {
    /// A collection such as `inputs`, whose entries may have directives, as one key of `table`.
    pub(crate) fn collection(
        &mut self,
        table: &mut Table,
        key: &str,
        entry: &Entry,
        scalars: Scalars,
    ) {
        let mut above = all_of(entry);
        let value = self.value(&entry.node, scalars, Directives::Allowed, &mut above);
        table.put(key, value, above);
    }

    /// A list of texts, or the one text of it.
    pub(crate) fn list(&mut self, table: &mut Table, key: &str, entry: &Entry) {
        let mut above = all_of(entry);
        let value = self.value(&entry.node, Scalars::Texts, Directives::Refused, &mut above);
        let value = match value {
            Value::Text(text) if text.is_empty() => Value::Array(Vec::new()),
            value => value,
        };
        table.put(key, value, above);
    }

    /// What is handed to a template, or the default of a parameter. Lists of steps, jobs or stages in it
    /// are converted as such.
    pub(crate) fn argument(&mut self, table: &mut Table, key: &str, entry: &Entry) {
        match &entry.node.kind {
            Kind::Sequence(_) if holds(&entry.node, &["stage"]) => {
                let reason = "a stage and its jobs are apart in a pipeline file; hand over what differs, not stages";
                table.comment(self.leave(entry, reason));
            }
            Kind::Sequence(_) if holds(&entry.node, &["job", "deployment"]) => {
                table.comment(texts(&entry.remarks.above));
                let mut jobs = Table::default();
                self.jobs(&mut jobs, &entry.node, None);
                table.child(key, jobs);
                table.comment(texts(&entry.remarks.below));
            }
            Kind::Sequence(_) if holds(&entry.node, &crate::step::KINDS) => {
                table.comment(texts(&entry.remarks.above));
                self.steps(table, key, &entry.node);
                table.comment(texts(&entry.remarks.below));
            }
            Kind::Mapping(entries) if holds_parts(&entry.node) => {
                let mut inner =
                    Table::between(texts(&entry.remarks.above), texts(&entry.remarks.below));
                for entry in entries {
                    if directive::Directive::of(&entry.key).is_some() {
                        inner.comment(self.leave(entry, NO_GROUP));
                    } else {
                        self.argument(&mut inner, &entry.key, entry);
                    }
                }
                table.child(key, inner);
            }
            _ => {
                let mut above = all_of(entry);
                let value =
                    self.value(&entry.node, Scalars::Typed, Directives::Refused, &mut above);
                table.put(key, value, above);
            }
        }
    }

    /// The parameters that are handed to a template.
    pub(crate) fn arguments(&mut self, table: &mut Table, entry: &Entry) {
        if holds_parts(&entry.node) {
            self.argument(table, "parameters", entry);
        } else {
            self.collection(table, "parameters", entry, Scalars::Typed);
        }
    }

    fn value(
        &mut self,
        node: &Node,
        scalars: Scalars,
        directives: Directives,
        above: &mut Vec<String>,
    ) -> Value {
        match &node.kind {
            Kind::Scalar { .. } => {
                scalar(node, scalars).unwrap_or_else(|| Value::Text(String::new()))
            }
            Kind::Sequence(_) => self.array(node, scalars, above),
            Kind::Mapping(_) => self.table(node, scalars, directives, above),
        }
    }

    fn array(&mut self, node: &Node, scalars: Scalars, above: &mut Vec<String>) -> Value {
        let mut items = Vec::new();
        for (guard, leaf) in guarded(directive::parts(node), &mut self.budget) {
            let Some(guard) = guard else {
                above.extend(self.leave_leaf(&leaf, NO_GROUP));
                continue;
            };
            let value = self.value(leaf.node, scalars, Directives::Refused, above);
            items.push(with_guard(&guard, value));
        }
        Value::Array(items)
    }

    fn table(
        &mut self,
        node: &Node,
        scalars: Scalars,
        directives: Directives,
        above: &mut Vec<String>,
    ) -> Value {
        let mut entries: Vec<(String, Value)> = Vec::new();
        let mut keys = Keys::default();
        for (guard, leaf) in guarded(directive::parts(node), &mut self.budget) {
            let reason = match &guard {
                None => Some(NO_GROUP),
                Some(guard)
                    if directives == Directives::Refused
                        && (leaf.is_insert || !guard.is_always()) =>
                {
                    Some(NO_COLLECTION)
                }
                Some(_) => None,
            };
            let (None, Some(guard)) = (reason, guard) else {
                above.extend(self.leave_leaf(&leaf, reason.unwrap_or(NO_GROUP)));
                continue;
            };
            let Some((key, value)) = self.entry(&leaf, scalars, &guard, above) else {
                above.extend(self.leave_leaf(&leaf, "it is no entry of a table"));
                continue;
            };
            let key = keys.apart(&key);
            entries.push((key, value));
        }
        Value::Table(entries)
    }

    fn entry(
        &mut self,
        leaf: &Leaf<'_>,
        scalars: Scalars,
        guard: &Guard,
        above: &mut Vec<String>,
    ) -> Option<(String, Value)> {
        if leaf.is_insert {
            let expression = leaf.node.text().and_then(whole_expression)?;
            let mut pairs = guard.pairs();
            pairs.push(("insert".to_owned(), Value::Text(expression.to_owned())));
            return Some(("insert".to_owned(), Value::Table(pairs)));
        }
        let entry = leaf.entry?;
        let value = self.value(&entry.node, scalars, Directives::Refused, above);
        Some((entry.key.clone(), with_guard(guard, value)))
    }
}

/// What an entry with directives is.
pub(crate) fn with_guard(guard: &Guard, value: Value) -> Value {
    if guard.is_always() {
        return value;
    }
    let mut pairs = guard.pairs();
    pairs.push(("value".to_owned(), value));
    Value::Table(pairs)
}

/// The keys of a table. TOML has each once, but the branches of a directive may have the same; an
/// expression that gives nothing keeps two apart until it is known which one is there.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<String, usize>);

impl Keys {
    /// `key`, or one that means the same and is not there yet.
    pub(crate) fn apart(&mut self, key: &str) -> String {
        let mut name = key.to_owned();
        while self.0.contains_key(&name) {
            let times = self.0.entry(key.to_owned()).or_default();
            *times += 1;
            name = match *times {
                1 => format!("{key}${{{{ '' }}}}"),
                more => format!("{key}${{{{ format('', {more}) }}}}"),
            };
        }
        self.0.insert(name.clone(), 0);
        name
    }
}

/// Whether one of the items of a list, also below directives, has one of these keys.
pub(crate) fn holds(node: &Node, keys: &[&str]) -> bool {
    node.items().into_iter().flatten().any(|item| {
        item.node.entries().into_iter().flatten().any(|entry| {
            keys.contains(&entry.key.as_str())
                || (directive::Directive::of(&entry.key).is_some() && holds(&entry.node, keys))
        })
    })
}

/// Whether there are steps, jobs or stages in the values of a table.
fn holds_parts(node: &Node) -> bool {
    node.entries().into_iter().flatten().any(|entry| {
        holds(&entry.node, &["stage", "job", "deployment"])
            || holds(&entry.node, &crate::step::KINDS)
            || holds_parts(&entry.node)
    })
}
