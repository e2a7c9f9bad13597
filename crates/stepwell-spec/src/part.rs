//! Components that take part in searches for a culprit: `[oracles.NAME]` and the like.

use crate::reader::{Entry, Reader};
use crate::seen::Seen;
use crate::tree::{Node, Tree};
use crate::{
    Allow, Limits, Part, PartKind, PartSource, Spanned, allowance, limit, name, quantity, syntax,
    task,
};
use serde_json::{Map, Value};
use stepwell_diagnostic::Diagnostic;

/// Reads the section of one kind.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>, kind: PartKind) -> Vec<Part> {
    let what = match kind {
        PartKind::Oracle => "the oracles",
        PartKind::Strategist => "the strategists",
        PartKind::Notifier => "the notifiers",
        PartKind::Publisher => "the publishers",
    };
    let Some(table) = reader.table(entry, what) else {
        return Vec::new();
    };
    let entries = table.entries();
    if !allowance::is_short(reader, entry, entries.len()) {
        return Vec::new();
    }
    let mut seen = Seen::new(kind.as_str());
    entries
        .iter()
        .filter_map(|entry| {
            seen.check(reader, &entry.key);
            let named = reader.name(kind.as_str(), &entry.key);
            let part = part(reader, entry, kind);
            named.map(|()| part)
        })
        .collect()
}

fn part(reader: &mut Reader, entry: &Entry<'_>, kind: PartKind) -> Part {
    let mut part = Part {
        kind,
        name: Spanned::new(entry.key.value.to_owned(), entry.key.span.clone()),
        source: None,
        config: "{}".to_owned(),
        allow: Allow::default(),
        limits: Limits::default(),
        timeout: None,
        intact: false,
    };
    let problems = reader.errors();
    let Some(mut table) = reader.table(entry, kind.article()) else {
        return part;
    };
    part.source = table
        .take("source")
        .and_then(|entry| source(reader, &entry));
    if let Some(entry) = table.take("inputs")
        && reader.table(&entry, "`inputs`").is_some()
        && let Some(value) = json(reader, entry.value)
    {
        part.config = value.to_string();
    }
    let allow = table
        .take("allow")
        .and_then(|entry| allowance::of_part(reader, &entry, kind));
    part.allow = allow.unwrap_or_default();
    let limits = table
        .take("limits")
        .and_then(|entry| limit::read(reader, &entry));
    part.limits = limits.unwrap_or_default();
    part.timeout = quantity::timeout(reader, &mut table);
    table.finish(reader, &[]);
    part.intact = reader.errors() == problems;
    part
}

fn source(reader: &mut Reader, entry: &Entry<'_>) -> Option<Spanned<PartSource>> {
    let source = reader.line(entry)?;
    if name::is_name(&source.value) {
        return Some(Spanned::new(PartSource::BuiltIn(source.value), source.span));
    }
    let Some((message, label)) = task::path_problem(&source.value) else {
        return Some(Spanned::new(PartSource::File(source.value), source.span));
    };
    reader.report(
        Diagnostic::error("invalid-value", message)
            .at(source.span, label)
            .help(
                "give the name of a built-in one, or a path relative to the pipeline file such as \
                 `./mine.wasm`",
            ),
    );
    None
}

/// What a text is as a value of TOML: the value of an input that is given elsewhere than in a file.
/// `None` if it is no value.
#[must_use]
pub fn input_value(text: &str) -> Option<Value> {
    const KEY: &str = "input";
    let line = format!("{KEY} = {text}");
    let document = syntax::parse(&line);
    let Tree::Table(members) = Tree::table(document.root.as_ref()?, 0) else {
        return None;
    };
    let [member] = members.as_slice() else {
        return None;
    };
    let is_whole = document.errors.is_empty() && member.key.value == KEY;
    let mut reader = Reader::new(false);
    is_whole.then(|| json(&mut reader, &member.value)).flatten()
}

/// The value as JSON. Dates and times become texts.
fn json(reader: &mut Reader, node: &Node) -> Option<Value> {
    Some(match &node.value {
        Tree::Text(text) | Tree::Datetime(text) => Value::String(text.clone()),
        Tree::Boolean(value) => Value::Bool(*value),
        Tree::Integer(Some(value)) => Value::from(*value),
        Tree::Float(text) => match quantity::float(text) {
            Some(number) => Value::from(number),
            None => return not_a_number(reader, node),
        },
        Tree::Integer(None) => return not_a_number(reader, node),
        Tree::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| json(reader, item))
                .collect::<Option<_>>()?,
        ),
        Tree::Table(members) => Value::Object(
            members
                .iter()
                .map(|member| {
                    let value = json(reader, &member.value)?;
                    Some((member.key.value.clone(), value))
                })
                .collect::<Option<Map<_, _>>>()?,
        ),
    })
}

fn not_a_number(reader: &mut Reader, node: &Node) -> Option<Value> {
    reader.report(
        Diagnostic::error(
            "invalid-value",
            "a number in `inputs` is infinite or too large",
        )
        .at(node.span.clone(), "JSON has no such number")
        .help("write it in quotes"),
    );
    None
}
