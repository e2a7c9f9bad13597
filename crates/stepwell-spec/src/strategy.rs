//! How often a job runs: `matrix`, `parallel` and `max-parallel`.

use crate::expression;
use crate::name::{self, MAX_LEGS};
use crate::reader::{Entry, Reader, Table};
use crate::seen::Seen;
use crate::variable;
use crate::{Leg, Legs, Spanned, Strategy};
use std::num::NonZeroU32;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Names, runtime_expression};

/// Reads the strategy of a job. One that is broken is [`Strategy::Single`].
pub(crate) fn read(reader: &mut Reader, table: &mut Table<'_>) -> Strategy {
    let matrix = table.take("matrix");
    let parallel = table.take("parallel");
    let max_parallel = table.take("max-parallel");
    if let (Some(limit), None) = (&max_parallel, &matrix) {
        reader.report(
            Diagnostic::error("missing-key", "`max-parallel` needs a matrix")
                .at(
                    limit.key.span.clone(),
                    "how many legs of a matrix run side by side",
                )
                .help("add `matrix`, or leave `max-parallel` out"),
        );
    }
    let max_parallel = max_parallel.and_then(|entry| limit(reader, &entry));
    match (matrix, parallel) {
        (Some(matrix), Some(parallel)) => {
            reader.report(
                Diagnostic::error("conflicting-keys", "a job has either legs or slices")
                    .at(parallel.key.span, "this many slices")
                    .at(matrix.key.span, "a leg for each entry"),
            );
            Strategy::Single
        }
        (Some(matrix), None) => match legs(reader, &matrix) {
            Some(legs) => Strategy::Matrix { legs, max_parallel },
            None => Strategy::Single,
        },
        (None, Some(parallel)) => slices(reader, &parallel),
        (None, None) => Strategy::Single,
    }
}

/// The most legs side by side; zero and less are no limit, as in Azure Pipelines.
fn limit(reader: &mut Reader, entry: &Entry<'_>) -> Option<NonZeroU32> {
    let number = reader.integer(entry)?;
    u32::try_from(number).ok().and_then(NonZeroU32::new)
}

/// One slice, or none, is an ordinary job, as in Azure Pipelines.
fn slices(reader: &mut Reader, entry: &Entry<'_>) -> Strategy {
    let Some(number) = reader.integer(entry) else {
        return Strategy::Single;
    };
    let count = u64::try_from(number).unwrap_or(0);
    if count > MAX_LEGS as u64 {
        report_too_many(reader, count, entry.span());
        return Strategy::Single;
    }
    let count = u32::try_from(count).ok().and_then(NonZeroU32::new);
    match count.filter(|count| *count > NonZeroU32::MIN) {
        Some(count) => Strategy::Slices(count),
        None => Strategy::Single,
    }
}

fn report_too_many(reader: &mut Reader, count: u64, span: Range<usize>) {
    let message = format!(
        "the matrix expansion resulted in {count} jobs which exceeds the maximum allowable job \
         count of {MAX_LEGS}"
    );
    reader.report(Diagnostic::error("too-many", message).at(span, format!("more than {MAX_LEGS}")));
}

/// The legs of a matrix; `None` if it is broken, or has no legs and thus is no matrix.
fn legs(reader: &mut Reader, entry: &Entry<'_>) -> Option<Legs> {
    if !entry.is_text() {
        let legs = listed(reader, entry);
        return (!legs.is_empty()).then_some(Legs::Listed(legs));
    }
    let text = reader.string(entry)?;
    match runtime_expression(&text.value) {
        Some(inner) => {
            let expression =
                expression::runtime(reader, "the matrix", &text, inner, &Names::VARIABLE)?;
            Some(Legs::Computed(Spanned::new(expression, text.span)))
        }
        None => {
            reader.report(
                Diagnostic::error(
                    "invalid-value",
                    "`matrix` must be a table of legs or an expression",
                )
                .at(text.span, "this is plain text")
                .help("write `{ leg = { name = \"value\" } }`, or `\"$[ expression ]\"`"),
            );
            None
        }
    }
}

fn listed(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Leg> {
    let Some(table) = reader.table(entry, "the matrix") else {
        return Vec::new();
    };
    let entries = table.entries();
    if let Some(extra) = entries.get(MAX_LEGS) {
        report_too_many(reader, entries.len() as u64, extra.key.span.clone());
        return Vec::new();
    }
    let mut seen = Seen::new("leg");
    entries
        .iter()
        .zip(1..)
        .map(|(entry, number)| {
            let name = leg_name(reader, entry, number);
            seen.check(reader, &name);
            Leg {
                name,
                variables: variable::texts(reader, entry),
            }
        })
        .collect()
}

/// The name of the leg, or the one that it gets instead of an illegal one.
fn leg_name(reader: &mut Reader, entry: &Entry<'_>, number: usize) -> Spanned<String> {
    let written = entry.key.value;
    let span = entry.key.span.clone();
    if name::is_leg(written) {
        return Spanned::new(written.to_owned(), span);
    }
    let replacement = name::numbered_leg(number);
    let message = format!("{written:?} cannot name a leg");
    reader.report(
        Diagnostic::warning("invalid-name", message)
            .at(span.clone(), format!("its name is `{replacement}` instead"))
            .help(
                "the name of a leg starts with a letter, goes on with letters, digits and `_`, \
                 and has at most 100 characters",
            ),
    );
    Spanned::new(replacement, span)
}
