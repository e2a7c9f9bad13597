//! Limits: `[tasks.NAME.limits]`, and the fuel of jobs and steps.
//!
//! Which limits there are is known from their table alone.

use crate::reader::{Entry, Reader, Table};
use crate::{Limits, Spanned, count, size};
use std::ops::RangeInclusive;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{LIMITS, LimitKind, LimitSpec, Unit};

/// Reads the limits of a task.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Option<Limits> {
    let mut table = reader.table(entry, "`limits`")?;
    let mut set = Vec::new();
    for spec in LIMITS {
        let value = limit(reader, &mut table, spec);
        set.extend(value.map(|value| (spec.kind, value)));
    }
    table.finish(reader, &[]);
    Some(Limits { set })
}

/// The key `fuel` of a job or a step.
pub(crate) fn fuel(reader: &mut Reader, table: &mut Table<'_>) -> Option<Spanned<u64>> {
    limit(reader, table, LimitKind::Fuel.spec())
}

fn limit(
    reader: &mut Reader,
    table: &mut Table<'_>,
    spec: &'static LimitSpec,
) -> Option<Spanned<u64>> {
    let entry = table.take(spec.key)?;
    let value = match spec.unit {
        Unit::Bytes => bytes(reader, &entry)?,
        Unit::Count => number(reader, &entry)?,
    };
    within(reader, &entry, value, spec.unit, spec.least..=spec.most)
}

/// A size within bounds.
pub(crate) fn size_within(
    reader: &mut Reader,
    entry: &Entry<'_>,
    bounds: RangeInclusive<u64>,
) -> Option<Spanned<u64>> {
    let value = bytes(reader, entry)?;
    within(reader, entry, value, Unit::Bytes, bounds)
}

fn bytes(reader: &mut Reader, entry: &Entry<'_>) -> Option<u64> {
    let text = reader.string(entry)?;
    match size::parse(&text.value) {
        Ok(value) => Some(value),
        Err(error) => {
            let message = format!("`{}` must be a size", entry.key.value);
            reader.report(
                Diagnostic::error("invalid-value", message)
                    .at(text.span, error.message)
                    .help(error.hint),
            );
            None
        }
    }
}

/// A number, or a text such as `10G`.
fn number(reader: &mut Reader, entry: &Entry<'_>) -> Option<u64> {
    if !entry.is_text() {
        let value = entry.as_count();
        // Asked once more for the words about what is there instead; a negative number is a number.
        if value.is_none() && reader.integer(entry).is_some() {
            let message = format!("`{}` cannot be less than zero", entry.key.value);
            reader.report(
                Diagnostic::error("out-of-range", message).at(entry.span(), "a negative number"),
            );
        }
        return value;
    }
    let text = reader.string(entry)?;
    match count::parse(&text.value) {
        Ok(value) => Some(value),
        Err(error) => {
            let message = format!("`{}` must be a number", entry.key.value);
            reader.report(
                Diagnostic::error("invalid-value", message)
                    .at(text.span, error.message)
                    .help(error.hint),
            );
            None
        }
    }
}

fn within(
    reader: &mut Reader,
    entry: &Entry<'_>,
    value: u64,
    unit: Unit,
    bounds: RangeInclusive<u64>,
) -> Option<Spanned<u64>> {
    if bounds.contains(&value) {
        return Some(Spanned::new(value, entry.span()));
    }
    let shown = |value| match unit {
        Unit::Bytes => size::format(value),
        Unit::Count => count::format(value),
    };
    let (least, most) = (shown(*bounds.start()), shown(*bounds.end()));
    let label = match value < *bounds.start() {
        true => format!("less than {least}"),
        false => format!("more than {most}"),
    };
    let message = format!("`{}` must be from {least} to {most}", entry.key.value);
    reader.report(Diagnostic::error("out-of-range", message).at(entry.span(), label));
    None
}
