//! Numbers and durations, and the bounds of some.

use crate::reader::{Entry, Reader, Table};
use crate::tree::Tree;
use crate::{Spanned, duration};
use std::ops::RangeInclusive;
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;

/// The longest timeout. What may take longer is better off without one.
const MAX_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long a job may take to end. The greatest value is that of Azure Pipelines.
const CANCEL_TIMEOUT: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(35_790 * 60);

/// The most times that a step is run again, as in Azure Pipelines.
const MAX_RETRIES: u8 = 10;

/// A number with or without a fraction.
pub(crate) fn number(reader: &mut Reader, entry: &Entry<'_>) -> Option<Spanned<f64>> {
    let value = match &entry.value.value {
        Tree::Integer(Some(value)) => value.to_string().parse().ok(),
        Tree::Float(text) => float(text),
        _ => None,
    };
    if value.is_none() {
        reader.wrong_type(entry, entry.value, "a finite number");
    }
    Some(Spanned::new(value?, entry.span()))
}

/// What a file has as a float, if it is finite.
pub(crate) fn float(text: &str) -> Option<f64> {
    let value = text.replace('_', "").parse().ok();
    value.filter(|value: &f64| value.is_finite())
}

/// The key `timeout`; zero is no limit.
pub(crate) fn timeout(reader: &mut Reader, table: &mut Table<'_>) -> Option<Spanned<Duration>> {
    let entry = table.take("timeout")?;
    let value = reader.duration(&entry)?;
    if value.value > MAX_TIMEOUT {
        let most = duration::format(MAX_TIMEOUT);
        reader.report(
            Diagnostic::error("out-of-range", format!("`timeout` must be at most {most}"))
                .at(value.span, format!("more than {most}"))
                .help("write `timeout = \"0\"` for no limit"),
        );
        return None;
    }
    Some(value)
}

/// The key `cancel-timeout`.
pub(crate) fn cancel_timeout(reader: &mut Reader, table: &mut Table<'_>) -> Option<Duration> {
    let entry = table.take("cancel-timeout")?;
    let value = reader.duration(&entry)?;
    if CANCEL_TIMEOUT.contains(&value.value) {
        return Some(value.value);
    }
    let least = duration::format(*CANCEL_TIMEOUT.start());
    let most = duration::format(*CANCEL_TIMEOUT.end());
    let label = match value.value < *CANCEL_TIMEOUT.start() {
        true => format!("less than {least}"),
        false => format!("more than {most}"),
    };
    let message = format!("`cancel-timeout` must be from {least} to {most}");
    reader.report(Diagnostic::error("out-of-range", message).at(value.span, label));
    None
}

/// The key `retries`; more than [`MAX_RETRIES`] are cut to that.
pub(crate) fn retries(reader: &mut Reader, table: &mut Table<'_>) -> Option<u8> {
    let entry = table.take("retries")?;
    let value = reader.integer(&entry)?;
    if value < 0 {
        let message = "`retries` cannot be less than zero";
        reader.report(
            Diagnostic::error("out-of-range", message).at(entry.span(), "a negative number"),
        );
        return None;
    }
    match u8::try_from(value) {
        Ok(retries) if retries <= MAX_RETRIES => Some(retries),
        _ => {
            let message = format!("a step is run again at most {MAX_RETRIES} times");
            reader.report(
                Diagnostic::warning("out-of-range", message)
                    .at(entry.span(), format!("counts as {MAX_RETRIES}")),
            );
            Some(MAX_RETRIES)
        }
    }
}
