//! Declared tasks: `[tasks.NAME]`.

use crate::reader::{Entry, Reader};
use crate::seen::Seen;
use crate::{Allow, Limits, Spanned, Task, allowance, limit};
use stepwell_diagnostic::Diagnostic;

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
    let allow = table
        .take("allow")
        .and_then(|entry| allowance::read(reader, &entry));
    task.allow = allow.unwrap_or_default();
    let readable = reader.errors() == problems;
    let limits = table
        .take("limits")
        .and_then(|entry| limit::read(reader, &entry));
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
    let Some((message, label)) = path_problem(path) else {
        return Some(source);
    };
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

/// What is wrong with the path of a component: in a sentence, and at its place.
pub(crate) fn path_problem(path: &str) -> Option<(&'static str, &'static str)> {
    if path.contains("://") {
        Some(("a source is a file", "not supported by this version"))
    } else if path.starts_with(['/', '\\']) || path.get(1..3) == Some(":\\") {
        Some(("the path of a source is relative", "an absolute path"))
    } else if !path.to_ascii_lowercase().ends_with(".wasm") {
        Some(("a source is a `.wasm` file", "does not end in `.wasm`"))
    } else {
        None
    }
}
