//! What a task may do: `[tasks.NAME.allow]`.
//!
//! A grant that adds nothing is an error: somebody believes that it does.

use crate::reader::{Entry, Reader, Table};
use crate::{Allow, Clock, PartKind, Random, Spanned, limit, name, network};
use std::collections::HashSet;
use std::ops::RangeInclusive;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::Access;

/// The most items of any list. A person writes a handful; each is compared with each request.
pub(crate) const MAX_ITEMS: usize = 200;

/// Bytes of a folder's path.
const MAX_PATH: usize = 1_024;

/// How large a scratch folder can be: as much as a step can write.
const SCRATCH: RangeInclusive<u64> = 4 << 10..=1 << 40;

/// Keys that a later version reads.
const LATER: [&str; 1] = ["tcp"];

const ACCESSES: [Access; 3] = [Access::None, Access::Read, Access::Write];

/// Reads what a task is allowed.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Option<Allow> {
    let mut table = reader.table(entry, "`allow`")?;
    let choices = ACCESSES.map(|access| (access.as_str(), access));
    let workspace = table
        .take("workspace")
        .and_then(|entry| reader.choice(&entry, &choices));
    let access = workspace
        .as_ref()
        .map_or(Access::None, |access| access.value);
    let folders = table
        .take("folders")
        .map(|entry| folders(reader, &entry, access));
    let scratch = table
        .take("scratch")
        .and_then(|entry| limit::size_within(reader, &entry, SCRATCH));
    let env = table.take("env").and_then(|entry| env(reader, &entry));
    let allow = Allow {
        workspace,
        folders: folders.unwrap_or_default(),
        scratch,
        env,
        ..common(reader, &mut table)
    };
    table.finish(reader, &LATER);
    Some(allow)
}

/// Reads what a component that takes part in searches is allowed. It changes nothing of what it is
/// asked about, and is told what it has to know by its inputs.
/// A notifier is asked about no files. It may have a folder of its own to write into, and so may a
/// publisher, which sees that instead of the version's files.
pub(crate) fn of_part(reader: &mut Reader, entry: &Entry<'_>, kind: PartKind) -> Option<Allow> {
    let mut table = reader.table(entry, "`allow`")?;
    let accesses: &[Access] = match kind {
        PartKind::Oracle | PartKind::Strategist => &[Access::None, Access::Read],
        PartKind::Notifier => &[Access::None, Access::Write],
        PartKind::Publisher => &ACCESSES,
    };
    let choices: Vec<_> = accesses
        .iter()
        .map(|access| (access.as_str(), *access))
        .collect();
    let workspace = table
        .take("workspace")
        .and_then(|entry| reader.choice(&entry, &choices));
    let scratch = table
        .take("scratch")
        .and_then(|entry| limit::size_within(reader, &entry, SCRATCH));
    let allow = Allow {
        workspace,
        scratch,
        ..common(reader, &mut table)
    };
    table.finish(reader, &LATER);
    Some(allow)
}

/// What every component can be allowed.
fn common(reader: &mut Reader, table: &mut Table<'_>) -> Allow {
    let secrets = table
        .take("secrets")
        .map(|entry| secrets(reader, &entry))
        .unwrap_or_default();
    let hosts = table
        .take("hosts")
        .map(|entry| network::hosts(reader, &entry))
        .unwrap_or_default();
    let clock = table.take("clock").and_then(|entry| clock(reader, &entry));
    let random = table.take("random").and_then(|entry| {
        let choices = [("real", Random::Real), ("seeded", Random::Seeded)];
        reader.choice(&entry, &choices)
    });
    Allow {
        secrets,
        hosts,
        clock: clock.unwrap_or_default(),
        random: random.map(|random| random.value).unwrap_or_default(),
        ..Allow::default()
    }
}

/// Reports a list that is longer than lists are.
pub(crate) fn is_short(reader: &mut Reader, entry: &Entry<'_>, items: usize) -> bool {
    if items <= MAX_ITEMS {
        return true;
    }
    let key = entry.key.value;
    let message = format!("`{key}` has {items} items, and {MAX_ITEMS} is the most");
    reader.report(Diagnostic::error("too-many", message).at(entry.span(), "too many"));
    false
}

fn folders(
    reader: &mut Reader,
    entry: &Entry<'_>,
    workspace: Access,
) -> Vec<Spanned<(String, Access)>> {
    let Some(table) = reader.table(entry, "`folders`") else {
        return Vec::new();
    };
    let choices = [Access::Read, Access::Write].map(|access| (access.as_str(), access));
    let entries = table.entries();
    if !is_short(reader, entry, entries.len()) {
        return Vec::new();
    }
    let mut folders: Vec<Spanned<(String, Access)>> = Vec::with_capacity(entries.len());
    for entry in entries {
        let access = reader.choice(&entry, &choices);
        let path = entry.key.value;
        if let Some(problem) = path_problem(path) {
            let message = format!("{path:?} is no folder of the workspace");
            reader.report(
                Diagnostic::error("invalid-value", message)
                    .at(entry.key.span.clone(), problem)
                    .help(
                        "write a path from the workspace down, such as `dist` or `\"out/reports\"`",
                    ),
            );
        } else if let Some(access) = access {
            let folder = (path.to_owned(), access.value);
            folders.push(Spanned::new(folder, entry.key.span.clone()));
        }
    }
    let adding: Vec<bool> = folders
        .iter()
        .map(|folder| adds(reader, folder, &folders, workspace))
        .collect();
    let mut adding = adding.into_iter();
    folders.retain(|_| adding.next().unwrap_or(true));
    folders
}

/// Whether a folder has more access than what it lies in.
fn adds(
    reader: &mut Reader,
    folder: &Spanned<(String, Access)>,
    all: &[Spanned<(String, Access)>],
    workspace: Access,
) -> bool {
    let (path, access) = &folder.value;
    let outer = all.iter().map(|other| &other.value);
    let outer = outer.filter(|(other, _)| {
        let rest = path.strip_prefix(other.as_str());
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    let around = outer.max_by_key(|(_, access)| *access);
    let (place, had) = match around {
        Some((other, had)) if *had >= workspace => (format!("folder `{other}`"), *had),
        _ => ("workspace".to_owned(), workspace),
    };
    if *access > had {
        return true;
    }
    let message = format!("folder `{path}` adds nothing");
    let label = format!("the {place} has {:?} already", had.as_str());
    reader.report(
        Diagnostic::error("no-effect", message)
            .at(folder.span.clone(), label)
            .help("folders have more access than the rest: leave this one out, or grant less around it"),
    );
    false
}

/// What is wrong with a path into the workspace.
fn path_problem(path: &str) -> Option<&'static str> {
    if path.trim().is_empty() {
        Some("this is blank")
    } else if path.starts_with('/') {
        Some("an absolute path")
    } else if path.contains('\\') {
        Some("names are parted by `/`")
    } else if path.chars().any(char::is_control) {
        Some("this holds a control character")
    } else if path.len() > MAX_PATH {
        Some("longer than 1024 bytes")
    } else if path.split('/').any(|name| name == "..") {
        Some("`..` leads out of it")
    } else if path.split('/').any(|name| name.is_empty() || name == ".") {
        Some("a name in it is empty or `.`")
    } else {
        None
    }
}

/// Patterns of variables.
fn env(reader: &mut Reader, entry: &Entry<'_>) -> Option<Vec<Spanned<String>>> {
    let mut patterns = reader.strings(entry)?;
    if !is_short(reader, entry, patterns.len()) {
        return None;
    }
    let is_odd = |c: char| c.is_control() || c == '=';
    patterns.retain(|pattern| {
        let fits = !pattern.value.trim().is_empty() && !pattern.value.contains(is_odd);
        if !fits {
            let message = format!("{:?} is no name of a variable", pattern.value);
            reader.report(
                Diagnostic::error("invalid-value", message)
                    .at(pattern.span.clone(), "no variable has this name")
                    .help("write names, or patterns such as `\"CI_*\"`; `[]` is none"),
            );
        }
        fits
    });
    Some(patterns)
}

/// Names of secret variables.
fn secrets(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Spanned<String>> {
    let Some(mut names) = reader.strings(entry) else {
        return Vec::new();
    };
    if !is_short(reader, entry, names.len()) {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    names.retain(|secret| {
        let problem = match secret_problem(&secret.value) {
            Some(problem) => Diagnostic::error("invalid-name", problem)
                .at(secret.span.clone(), "no secret has this name")
                .help("write the name that `--secret NAME` gives it"),
            None if !seen.insert(name::fold(&secret.value)) => {
                let message = format!("secret `{}` is there twice", secret.value);
                Diagnostic::error("duplicate-name", message).at(secret.span.clone(), "once more")
            }
            None => return true,
        };
        reader.report(problem);
        false
    });
    names
}

/// What is wrong with the name of a secret.
pub(crate) fn secret_problem(text: &str) -> Option<String> {
    match text.contains('}') {
        true => Some(format!("the name of secret {text:?} holds `}}`")),
        false => name::variable_problem(text),
    }
}

fn clock(reader: &mut Reader, entry: &Entry<'_>) -> Option<Clock> {
    let text = reader.string(entry)?;
    match text.value.as_str() {
        "real" => return Some(Clock::Real),
        "frozen" => return Some(Clock::FrozenAtStart),
        other => {
            if let Some(at) = utc_millis(other) {
                return Some(Clock::FrozenAt(at));
            }
        }
    }
    let words = ["real", "frozen"];
    let label = name::did_you_mean(&text.value, words, "no time of this form");
    let message = format!("`clock` cannot be {:?}", text.value);
    reader.report(
        Diagnostic::error("invalid-value", message)
            .at(text.span, label)
            .help(
                "accepted here: \"real\", \"frozen\" for the start of the run, or a time in UTC from 1970 \
                 on such as \"2026-01-01T00:00:00Z\"",
            ),
    );
    None
}

/// Milliseconds since 1970 of a time in UTC as RFC 3339 writes it. Leap seconds are none.
fn utc_millis(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let number = |text: Option<&str>, digits: usize, most: u64| {
        let text = text.filter(|text| text.len() == digits)?;
        let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let value: u64 = all_digits.then(|| text.parse().ok()).flatten()?;
        (value <= most).then_some(value)
    };
    let mut date = date.split('-');
    let year = number(date.next(), 4, 9_999).filter(|year| *year >= 1970)?;
    let month = number(date.next(), 2, 12)?;
    let day = number(date.next(), 2, 31)?;
    let mut time = time.split(':');
    let hours = number(time.next(), 2, 23)?;
    let minutes = number(time.next(), 2, 59)?;
    let seconds = number(time.next(), 2, 59)?;
    if date.next().is_some() || time.next().is_some() {
        return None;
    }
    let millis = match fraction {
        None => 0,
        Some(digits) if (1..=3).contains(&digits.len()) => {
            let value = number(Some(digits), digits.len(), 999)?;
            value * 10_u64.pow(3 - u32::try_from(digits.len()).ok()?)
        }
        Some(_) => return None,
    };
    let days = days_since_1970(year, month, day)?;
    Some((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000 + millis)
}

/// Days from 1 January 1970 to a day of the Gregorian calendar.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let february = 28 + u64::from(is_leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    if day == 0 || day > *months.get(before)? {
        return None;
    }
    let years: u64 = (1970..year)
        .map(|year| 365 + u64::from(is_leap(year)))
        .sum();
    Some(years + months.iter().take(before).sum::<u64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::{path_problem, utc_millis};

    #[test]
    fn times_in_utc_are_read() {
        for (text, expect) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-01-01T00:00:00Z", Some(1_767_225_600_000)),
            ("2024-02-29T23:59:59.5Z", Some(1_709_251_199_500)),
            ("9999-12-31T23:59:59.999Z", Some(253_402_300_799_999)),
            ("2023-02-29T00:00:00Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("2026-01-01T00:00:00+01:00", None),
            ("2026-01-01", None),
            ("2026-1-1T0:0:0Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("2026-01-01T00:00:00.Z", None),
            ("2026-00-01T00:00:00Z", None),
        ] {
            assert_eq!(utc_millis(text), expect, "{text}");
        }
    }

    #[test]
    fn folders_lie_in_the_workspace() {
        for path in ["dist", "a/b c/d", "ä", "...", ".git"] {
            assert_eq!(path_problem(path), None, "{path}");
        }
        for path in [
            "", " ", "/", "/dist", "a//b", "a/", "./a", "a/..", "..", "a\\b", "a\nb",
        ] {
            assert!(path_problem(path).is_some(), "{path:?}");
        }
    }
}
