//! When a branch is looked at: `[schedule]`.
//!
//! Crontab's five fields are checked here, so that a mistake in them is told with its place; when the
//! next time is, is found out where there is a clock.

use crate::reader::{Entry, Reader};
use crate::{Schedule, Times};
use std::ops::RangeInclusive;
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;

/// The shortest interval: finding out what is new takes seconds, and its answer rarely changes.
const LEAST: Duration = Duration::from_secs(60);

/// The longest interval.
const MOST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Words for whole expressions.
const WORDS: [&str; 5] = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly"];

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const DAY_OF_MONTH: &str = "day of the month";

const DAY_OF_WEEK: &str = "day of the week";

/// A field of a crontab's line.
struct Field {
    what: &'static str,
    values: RangeInclusive<u32>,
    /// Names of values, from the least on.
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    field("minute", 0..=59, &[]),
    field("hour", 0..=23, &[]),
    field(DAY_OF_MONTH, 1..=31, &[]),
    field("month", 1..=12, &MONTHS),
    field(DAY_OF_WEEK, 0..=7, &DAYS),
];

const fn field(
    what: &'static str,
    values: RangeInclusive<u32>,
    names: &'static [&'static str],
) -> Field {
    Field {
        what,
        values,
        names,
    }
}

/// Reads `[schedule]`.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Option<Schedule> {
    let mut table = reader.table(entry, "`schedule`")?;
    let (cron, every) = (table.take("cron"), table.take("every"));
    let branch = table
        .take("branch")
        .and_then(|entry| reader.line(&entry))
        .map(|branch| branch.value);
    table.finish(reader, &[]);
    let times = match (cron, every) {
        (Some(entry), None) => cron_of(reader, &entry)?,
        (None, Some(entry)) => every_of(reader, &entry)?,
        (Some(cron), Some(every)) => {
            reader.report(
                Diagnostic::error(
                    "conflicting-keys",
                    "a schedule has either `cron` or `every`",
                )
                .at(every.key.span, "an interval")
                .at(cron.key.span, "and here are times"),
            );
            return None;
        }
        (None, None) => {
            reader.report_missing(
                Diagnostic::error("missing-key", "a schedule needs times")
                    .at(entry.key.span.clone(), "neither `cron` nor `every` is here")
                    .help("write `cron = \"0 3 * * *\"`, which is in UTC, or `every = \"1h\"`"),
            );
            return None;
        }
    };
    Some(Schedule { times, branch })
}

fn every_of(reader: &mut Reader, entry: &Entry<'_>) -> Option<Times> {
    let every = reader.duration(entry)?;
    if (LEAST..=MOST).contains(&every.value) {
        return Some(Times::Every(every.value));
    }
    let [least, most] = [LEAST, MOST].map(crate::duration::format);
    let message = format!("`every` must be from {least} to {most}");
    reader.report(Diagnostic::error("out-of-range", message).at(every.span, "out of range"));
    None
}

fn cron_of(reader: &mut Reader, entry: &Entry<'_>) -> Option<Times> {
    let text = reader.line(entry)?;
    let Some(problem) = problem(&text.value) else {
        return Some(Times::Cron(text.value.trim().to_owned()));
    };
    reader.report(
        Diagnostic::error("invalid-value", "`cron` is no line of a crontab")
            .at(text.span, problem)
            .help(
                "five fields: minute, hour, day of the month, month, day of the week; each is `*`, or \
                 values and ranges such as `1-5` with commas between them, and `*/15` is every 15th; `L` \
                 is the last day of the month, `15W` the weekday nearest to the 15th, `MON#2` the second \
                 Monday, `FRI#L` the last Friday; or one of @hourly, @daily, @weekly, @monthly, @yearly",
            ),
    );
    None
}

/// What is wrong with an expression.
fn problem(text: &str) -> Option<String> {
    if WORDS.contains(&text.trim()) {
        return None;
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("has {} fields instead of 5", fields.len()));
    }
    let mut fields = fields.iter().zip(FIELDS);
    fields.find_map(|(text, field)| {
        let mut items = text.split(',');
        let wrong = items.find(|item| !field.has(item))?;
        let (least, most) = (field.values.start(), field.values.end());
        Some(format!(
            "{wrong:?} is no {} from {least} to {most}",
            field.what
        ))
    })
}

impl Field {
    /// Whether the field may have this item.
    fn has(&self, item: &str) -> bool {
        self.has_day(item) || self.has_values(item)
    }

    /// Whether the item is a day that is found by counting: the last one of the month, the weekday that
    /// is nearest to a day, the n-th or last such day of the week.
    fn has_day(&self, item: &str) -> bool {
        let item = item.to_ascii_uppercase();
        match self.what {
            DAY_OF_MONTH => {
                let near = item.strip_suffix('W');
                item == "L" || near.is_some_and(|day| self.value(day).is_some())
            }
            DAY_OF_WEEK => item.split_once('#').is_some_and(|(day, place)| {
                let counted = number(place).is_some_and(|place| (1..=5).contains(&place));
                self.value(day).is_some() && (counted || place == "L")
            }),
            _ => false,
        }
    }

    fn has_values(&self, item: &str) -> bool {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let ends = range.split_once('-');
        let is_range = range == "*" || ends.is_some();
        let range_fits = match ends {
            _ if range == "*" => true,
            Some((first, last)) => {
                let ends = self.value(first).zip(self.value(last));
                ends.is_some_and(|(first, last)| first <= last)
            }
            None => self.value(range).is_some(),
        };
        let step_fits = step.is_none_or(|step| {
            let step = number(step);
            is_range && step.is_some_and(|step| (1..=*self.values.end()).contains(&step))
        });
        range_fits && step_fits
    }

    fn value(&self, text: &str) -> Option<u32> {
        let mut names = self.names.iter().zip(self.values.clone());
        let named = names.find(|(name, _)| name.eq_ignore_ascii_case(text));
        let value = named.map(|(_, value)| value).or_else(|| number(text));
        value.filter(|value| self.values.contains(value))
    }
}

/// At most two digits.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = digits && (1..=2).contains(&text.len());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn the_five_fields_of_a_crontab_are_accepted() {
        for text in [
            "* * * * *",
            "0 3 * * *",
            "*/15 8-18 1,15 jan-MAR mon-5",
            "0-30/10 0 31 12 7",
            "0 3 L * *",
            "0 3 15w * *",
            "0 3 * * mon#2,FRI#L",
            "@daily",
            " 0  3 * * * ",
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn what_no_crontab_has_is_told() {
        for (text, expect) in [
            ("0 3 * *", "has 4 fields instead of 5"),
            ("0 0 3 * * *", "has 6 fields instead of 5"),
            ("60 * * * *", "\"60\" is no minute from 0 to 59"),
            ("0 24 * * *", "\"24\" is no hour from 0 to 23"),
            ("0 0 0 * *", "\"0\" is no day of the month from 1 to 31"),
            ("0 0 * foo *", "\"foo\" is no month from 1 to 12"),
            ("0 0 * * 5-1", "\"5-1\" is no day of the week from 0 to 7"),
            ("*/0 * * * *", "\"*/0\" is no minute from 0 to 59"),
            ("5/15 * * * *", "\"5/15\" is no minute from 0 to 59"),
            ("1,, * * * *", "\"\" is no minute from 0 to 59"),
            ("+1 * * * *", "\"+1\" is no minute from 0 to 59"),
            ("0 L * * *", "\"L\" is no hour from 0 to 23"),
            ("0 0 32W * *", "\"32W\" is no day of the month from 1 to 31"),
            (
                "0 0 * * mon#6",
                "\"mon#6\" is no day of the week from 0 to 7",
            ),
            ("@dayly", "has 1 fields instead of 5"),
        ] {
            assert_eq!(problem(text).as_deref(), Some(expect), "{text}");
        }
    }
}
