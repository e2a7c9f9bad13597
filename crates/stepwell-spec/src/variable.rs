//! Variables of a pipeline, a stage, a job or a leg.

use crate::expression;
use crate::name;
use crate::reader::{Entry, Reader, Table};
use crate::seen::Seen;
use crate::{Pair, Spanned, Variable, VariableValue};
use std::collections::{HashMap, hash_map};
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Names, runtime_expression};

/// Reads a table of variables whose `$[ … ]` use these names.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>, names: &Names<'_>) -> Vec<Variable> {
    match reader.table(entry, "the variables") {
        Some(table) => list(reader, &table, |reader, entry| {
            variable(reader, entry, names)
        }),
        None => Vec::new(),
    }
}

/// Reads the variables of a leg, which are texts.
pub(crate) fn texts(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Pair> {
    let read = |reader: &mut Reader, entry: &Entry<'_>| {
        Some(Pair {
            name: name_of(entry),
            value: reader.text(entry)?,
        })
    };
    match reader.table(entry, "a leg") {
        Some(table) => list(reader, &table, read),
        None => Vec::new(),
    }
}

/// Reads the entries of a table of variables.
///
/// Two names that differ only in case are one variable, which is hardly meant. The same name twice
/// comes from templates, since the file itself cannot have it, and there the last one counts.
fn list<T>(
    reader: &mut Reader,
    table: &Table<'_>,
    read: impl Fn(&mut Reader, &Entry<'_>) -> Option<T>,
) -> Vec<T> {
    let mut seen = Seen::new("variable");
    let mut places: HashMap<&str, Option<usize>> = HashMap::new();
    let mut items = Vec::new();
    for entry in table.entries() {
        if !is_free(reader, &entry) {
            continue;
        }
        let place = match places.entry(entry.key.value) {
            hash_map::Entry::Occupied(place) => place.into_mut(),
            hash_map::Entry::Vacant(place) => {
                seen.check(reader, &entry.key);
                place.insert(None)
            }
        };
        let Some(item) = read(reader, &entry) else {
            continue;
        };
        match place.and_then(|place| items.get_mut(place)) {
            Some(earlier) => *earlier = item,
            None => {
                *place = Some(items.len());
                items.push(item);
            }
        }
    }
    items
}

/// Checks the name of a variable. One of the system is not free: what users say of it is ignored.
fn is_free(reader: &mut Reader, entry: &Entry<'_>) -> bool {
    let name = entry.key.value;
    if name::is_system_variable(name) {
        let message = format!("variable `{name}` is set by the system");
        reader.report(
            Diagnostic::warning("ignored-variable", message)
                .at(entry.key.span.clone(), "what is written here is ignored")
                .help("give the variable another name"),
        );
        return false;
    }
    if let Some(problem) = name::variable_problem(name) {
        let reserved = name::RESERVED_PREFIXES.join("`, `");
        reader.report(
            Diagnostic::error("invalid-name", problem)
                .at(entry.key.span.clone(), "not the name of a variable")
                .help(format!("no variable begins with `{reserved}`")),
        );
    }
    true
}

fn name_of(entry: &Entry<'_>) -> Spanned<String> {
    Spanned::new(entry.key.value.to_owned(), entry.key.span.clone())
}

fn variable(reader: &mut Reader, entry: &Entry<'_>, names: &Names<'_>) -> Option<Variable> {
    let mut read_only = false;
    let text = match entry.is_table() {
        false => reader.text(entry)?,
        true => {
            let mut table = reader.table(entry, "a variable")?;
            let value = table.take("value");
            if value.is_none() {
                let message = format!("variable `{}` has no value", entry.key.value);
                reader.report_missing(
                    Diagnostic::error("missing-key", message)
                        .at(entry.key.span.clone(), "`value` is missing")
                        .help("write `{ value = \"…\", readonly = true }`, or only the value"),
                );
            }
            let text = value.and_then(|entry| reader.text(&entry));
            let flag = table.take("readonly").map(|entry| reader.boolean(&entry));
            read_only = flag.flatten().unwrap_or(false);
            table.finish(reader, &[]);
            text?
        }
    };
    let what = format!("the value of variable `{}`", entry.key.value);
    let value = match runtime_expression(&text.value) {
        Some(inner) => {
            let expression = expression::runtime(reader, &what, &text, inner, names)?;
            VariableValue::Expression(expression)
        }
        None => VariableValue::Text(text.value),
    };
    Some(Variable {
        name: name_of(entry),
        value: Spanned::new(value, text.span),
        read_only,
    })
}
