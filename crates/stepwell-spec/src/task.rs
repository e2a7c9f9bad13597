//! Declared tasks: `[tasks.NAME]`.

use crate::reader::{Entry, Reader, Table};
use crate::seen::Seen;
use crate::{Allow, Limits, Spanned, Task, size};
use std::ops::RangeInclusive;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::Access;

/// One page of linear memory is the least that a guest can have; 2 GiB is half of what it can
/// address, and leaves a small host alive.
const MEMORY: RangeInclusive<u64> = 64 << 10..=2 << 30;

/// Less than 1 KiB cuts off even an error message; 1 GiB is more than anybody reads or stores.
const OUTPUT: RangeInclusive<u64> = 1 << 10..=1 << 30;

/// Keys of `allow` that a later version reads.
const ALLOW_LATER: [&str; 3] = ["env", "hosts", "secrets"];

const ACCESSES: [Access; 3] = [Access::None, Access::Read, Access::Write];

/// Reads `[tasks]`.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Task> {
    let Some(table) = reader.table(entry, "the tasks") else {
        return Vec::new();
    };
    let mut seen = Seen::new("task");
    table
        .entries()
        .iter()
        .filter_map(|entry| {
            seen.check(reader, &entry.key);
            let named = reader.name("task", &entry.key);
            let task = task(reader, entry);
            named.map(|()| task)
        })
        .collect()
}

fn task(reader: &mut Reader, entry: &Entry<'_>) -> Task {
    let mut task = Task {
        name: Spanned::new(entry.key.value.to_owned(), entry.key.span.clone()),
        source: None,
        allow: Allow::default(),
        limits: Limits::default(),
        intact: false,
    };
    let Some(mut table) = reader.table(entry, "a task") else {
        return task;
    };
    let problems = reader.errors();
    task.source = table
        .take("source")
        .and_then(|entry| source(reader, &entry));
    let allow = table.take("allow").and_then(|entry| allow(reader, &entry));
    task.allow = allow.unwrap_or_default();
    let readable = reader.errors() == problems;
    let limits = table
        .take("limits")
        .and_then(|entry| limits(reader, &entry));
    task.limits = limits.unwrap_or_default();
    let problems = reader.errors();
    table.finish(reader, &[]);
    // An unknown key may be meant to be the source or what is allowed.
    task.intact = readable && reader.errors() == problems;
    task
}

fn source(reader: &mut Reader, entry: &Entry<'_>) -> Option<Spanned<String>> {
    let source = reader.line(entry)?;
    let path = source.value.as_str();
    let problem = if path.contains("://") {
        ("a source is a file", "not supported by this version")
    } else if path.starts_with(['/', '\\']) || path.get(1..3) == Some(":\\") {
        ("the path of a source is relative", "an absolute path")
    } else if !path.to_ascii_lowercase().ends_with(".wasm") {
        ("a source is a `.wasm` file", "does not end in `.wasm`")
    } else {
        return Some(source);
    };
    let (message, label) = problem;
    reader.report(
        Diagnostic::error("invalid-value", message)
            .at(source.span, label)
            .help(
                "give a path relative to the pipeline file, such as `lint.wasm`, \
                 or leave `source` out to use the built-in task of that name",
            ),
    );
    None
}

fn allow(reader: &mut Reader, entry: &Entry<'_>) -> Option<Allow> {
    let mut table = reader.table(entry, "`allow`")?;
    let choices = ACCESSES.map(|access| (access.as_str(), access));
    let workspace = table
        .take("workspace")
        .and_then(|entry| reader.choice(&entry, &choices));
    table.finish(reader, &ALLOW_LATER);
    Some(Allow { workspace })
}

fn limits(reader: &mut Reader, entry: &Entry<'_>) -> Option<Limits> {
    let mut table = reader.table(entry, "`limits`")?;
    let memory = bytes(reader, &mut table, "memory", MEMORY);
    let output = bytes(reader, &mut table, "output", OUTPUT);
    table.finish(reader, &[]);
    Some(Limits { memory, output })
}

fn bytes(
    reader: &mut Reader,
    table: &mut Table<'_>,
    key: &'static str,
    bounds: RangeInclusive<u64>,
) -> Option<u64> {
    let entry = table.take(key)?;
    let text = reader.string(&entry)?;
    match size::parse(&text.value) {
        Ok(value) if bounds.contains(&value) => Some(value),
        Ok(value) => {
            let (least, most) = (size::format(*bounds.start()), size::format(*bounds.end()));
            let label = match value < *bounds.start() {
                true => format!("less than {least}"),
                false => format!("more than {most}"),
            };
            let message = format!("`{key}` must be from {least} to {most}");
            reader.report(Diagnostic::error("out-of-range", message).at(text.span, label));
            None
        }
        Err(error) => {
            reader.report(
                Diagnostic::error("invalid-value", format!("`{key}` must be a size"))
                    .at(text.span, error.message)
                    .help(error.hint),
            );
            None
        }
    }
}
