//! How a culprit is searched for: `[bisect]`.

use crate::reader::{Entry, Reader, Table};
use crate::{Bisect, Spanned, quantity};
use std::num::NonZeroU32;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Finite, NoiseModel};

/// The most versions that are judged side by side.
const MAX_JOBS: u32 = 64;

/// What is believed of a rate that is to be learned: Beta(1, 9), one wrong trial in ten. Too little
/// noise assumed gives wrong answers, too much costs some more trials.
const LEARNED: (f64, f64) = (1.0, 9.0);

/// Reads `[bisect]`.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Bisect {
    let Some(mut table) = reader.table(entry, "`bisect`") else {
        return Bisect::default();
    };
    let mut name = |reader: &mut Reader, key| {
        let entry = table.take(key)?;
        let name = reader.string(&entry)?;
        reader.name(key, &name).map(|()| name)
    };
    let oracle = name(reader, "oracle");
    let strategist = name(reader, "strategist");
    let jobs = table.take("jobs").and_then(|entry| jobs(reader, &entry));
    let confidence = table.take("confidence").and_then(|entry| {
        let value = quantity::number(reader, &entry)?;
        let known = confidence(value.value);
        told(reader, "confidence", known, value.span)
    });
    let noise = table.take("noise").and_then(|entry| {
        if entry.is_table() {
            let table = reader.table(&entry, "`noise`")?;
            return rates(reader, table, entry.span());
        }
        if entry.is_text() {
            let words = [("none", NoiseModel::Deterministic), ("learn", learned())];
            return Some(reader.choice(&entry, &words)?.value);
        }
        let rate = quantity::number(reader, &entry)?;
        let known = noise(rate.value, rate.value);
        told(reader, "noise", known, rate.span)
    });
    table.finish(reader, &[]);
    Bisect {
        oracle,
        strategist,
        jobs,
        confidence,
        noise,
    }
}

fn jobs(reader: &mut Reader, entry: &Entry<'_>) -> Option<NonZeroU32> {
    let value = reader.integer(entry)?;
    let jobs = u32::try_from(value).ok().filter(|jobs| *jobs <= MAX_JOBS);
    let jobs = jobs.and_then(NonZeroU32::new);
    if jobs.is_none() {
        let message = format!("`jobs` must be from 1 to {MAX_JOBS}");
        reader.report(Diagnostic::error("out-of-range", message).at(entry.span(), "out of range"));
    }
    jobs
}

fn rates(reader: &mut Reader, mut table: Table<'_>, span: Range<usize>) -> Option<NoiseModel> {
    let mut rate = |reader: &mut Reader, key| {
        let Some(entry) = table.take(key) else {
            return Some(Spanned::new(0.0, span.clone()));
        };
        quantity::number(reader, &entry)
    };
    let false_bad = rate(reader, "false-bad");
    let false_good = rate(reader, "false-good");
    table.finish(reader, &[]);
    told(
        reader,
        "noise",
        noise(false_bad?.value, false_good?.value),
        span,
    )
}

/// Tells why `key` has no value.
fn told<T>(
    reader: &mut Reader,
    key: &str,
    value: Result<T, &'static str>,
    span: Range<usize>,
) -> Option<T> {
    value
        .map_err(|why| {
            let message = format!("`{key}` {why}");
            reader.report(Diagnostic::error("out-of-range", message).at(span, "out of range"));
        })
        .ok()
}

/// A confidence that can be asked for.
///
/// # Errors
///
/// Says what it must be.
pub fn confidence(value: f64) -> Result<Finite, &'static str> {
    let fits = value > 0.5 && value < 1.0;
    let value = fits.then(|| Finite::new(value)).flatten();
    value.ok_or("must be more than 0.5 and less than 1, such as 0.99")
}

/// A trial that is wrong at these rates, or never if both are 0.
///
/// # Errors
///
/// Says what they must be.
pub fn noise(false_bad: f64, false_good: f64) -> Result<NoiseModel, &'static str> {
    let fit = false_bad >= 0.0 && false_good >= 0.0 && false_bad + false_good < 1.0;
    let rates = Finite::new(false_bad).zip(Finite::new(false_good));
    match rates.filter(|_| fit) {
        Some(_) if false_bad + false_good <= 0.0 => Ok(NoiseModel::Deterministic),
        Some((false_bad, false_good)) => Ok(NoiseModel::Known {
            false_bad,
            false_good,
        }),
        None => Err(
            "must be rates from 0 up that are less than 1 together: a trial that is wrong as \
                     often as right says nothing",
        ),
    }
}

/// What is believed of a trial before anything was seen.
#[must_use]
pub fn learned() -> NoiseModel {
    let finite = |value| Finite::new(value).unwrap_or_default();
    let rate = (finite(LEARNED.0), finite(LEARNED.1));
    NoiseModel::Learned {
        false_bad: rate,
        false_good: rate,
    }
}
