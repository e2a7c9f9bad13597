//! Numbers and lines as people read them.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A time, with two or three digits that matter.
pub(crate) fn duration(micros: u64) -> String {
    let (millis, seconds) = (micros / 1000, micros / 1_000_000);
    match seconds {
        0 if millis == 0 => format!("{micros} µs"),
        0 if millis < 10 => format!("{millis}.{} ms", micros % 1000 / 100),
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds}.{} s", millis % 1000 / 100),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// As [`duration`], from the wall clock's milliseconds.
pub(crate) fn duration_ms(millis: u64) -> String {
    match millis {
        0 => "less than 1 ms".to_owned(),
        _ => duration(millis.saturating_mul(1000)),
    }
}

/// A time that somebody chose, exactly.
pub(crate) fn delay(millis: u64) -> String {
    if !millis.is_multiple_of(1000) {
        return match millis {
            0..1000 => format!("{millis} ms"),
            _ => {
                format!("{}.{:03}", millis / 1000, millis % 1000)
                    .trim_end_matches('0')
                    .to_owned()
                    + " s"
            }
        };
    }
    let seconds = millis / 1000;
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    match parts.is_empty() {
        true => "0 s".to_owned(),
        false => parts.join(" "),
    }
}

/// A size, with two or three digits that matter.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut whole = bytes;
    let mut rest = 0;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if whole < 1024 {
            break;
        }
        (whole, rest, unit) = (whole / 1024, whole % 1024, next);
    }
    match whole {
        0..10 if unit != "B" => format!("{whole}.{} {unit}", rest * 10 / 1024),
        _ => format!("{whole} {unit}"),
    }
}

/// A large number, with two or three digits that matter.
pub(crate) fn amount(number: u64) -> String {
    let units = [
        ("T", 1_000_000_000_000),
        ("G", 1_000_000_000),
        ("M", 1_000_000),
        ("k", 1_000),
    ];
    let Some((unit, factor)) = units.iter().find(|(_, factor)| number >= *factor) else {
        return number.to_string();
    };
    match number / factor {
        whole @ 0..10 => format!("{whole}.{}{unit}", number % factor * 10 / factor),
        whole => format!("{whole}{unit}"),
    }
}

/// A number with its noun: `1 step`, `2 steps`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The columns that `text` takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `columns`, with `…` where something is missing.
pub(crate) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    // The width is at most the length: long lines need no look at all of their characters.
    if text.len() <= columns || (text.len() <= columns * 4 && width(text) <= columns) {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut used = 0;
    let end = text.char_indices().find(|(_, ch)| {
        used += ch.width().unwrap_or(0);
        used > room
    });
    let end = end.map_or(text.len(), |(index, _)| index);
    let shown = text.get(..end).unwrap_or_default();
    match end == text.len() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("{}…", shown.trim_end())),
    }
}

/// `text` broken between words into lines of at most `columns`, and at most `lines` of them.
pub(crate) fn wrap(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if wrapped.len() + 1 >= lines {
            wrapped.push(fit(rest, columns).into_owned());
            break;
        }
        let (line, after) = rest.split_at(line_end(rest, columns));
        wrapped.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    wrapped
}

/// Where the first line of `text` ends: after a word, or inside one that is too long. Never 0.
fn line_end(text: &str, columns: usize) -> usize {
    let mut used = 0;
    let mut word_end = None;
    for (index, ch) in text.char_indices() {
        used += ch.width().unwrap_or(0);
        if ch.is_whitespace() {
            word_end = Some(index);
        }
        if used > columns && index > 0 {
            return word_end.filter(|end| *end > 0).unwrap_or(index);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_short() {
        let table = [
            (0, "0 µs"),
            (999, "999 µs"),
            (1000, "1.0 ms"),
            (12_300, "12 ms"),
            (999_999, "999 ms"),
            (2_349_000, "2.3 s"),
            (59_999_999, "59.9 s"),
            (65_000_000, "1 m 05 s"),
            (3_720_000_000, "1 h 02 m"),
            (u64::MAX, "5124095576 h 01 m"),
        ];
        for (micros, expect) in table {
            assert_eq!(duration(micros), expect);
        }
    }

    #[test]
    fn times_that_were_chosen_are_exact() {
        let table = [
            (0, "0 s"),
            (250, "250 ms"),
            (1500, "1.5 s"),
            (4000, "4 s"),
            (90_000, "1 min 30 s"),
            (3_600_000, "1 h"),
            (90_061_000, "25 h 1 min 1 s"),
        ];
        for (millis, expect) in table {
            assert_eq!(delay(millis), expect);
        }
    }

    #[test]
    fn sizes_are_short() {
        let table = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (10 << 20, "10 MiB"),
            (256 << 20, "256 MiB"),
            (u64::MAX, "16777215 TiB"),
        ];
        for (value, expect) in table {
            assert_eq!(bytes(value), expect);
        }
    }

    #[test]
    fn amounts_are_short() {
        let table = [
            (0, "0"),
            (999, "999"),
            (1_234_567_890, "1.2G"),
            (9_999, "9.9k"),
            (10_000, "10k"),
            (20_500_000, "20M"),
            (u64::MAX, "18446744T"),
        ];
        for (number, expect) in table {
            assert_eq!(amount(number), expect);
        }
    }

    #[test]
    fn long_text_is_cut_by_columns() {
        let table = [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("漢字漢字", 5, "漢字…"),
            ("漢字", 4, "漢字"),
            ("a b c", 3, "a…"),
            ("any", 0, ""),
        ];
        for (text, columns, expect) in table {
            assert_eq!(fit(text, columns), expect);
        }
    }

    #[test]
    fn words_are_wrapped() {
        assert_eq!(wrap("one two three", 8, 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3, 9), ["abc", "def", "gh"]);
        assert_eq!(wrap("one two three four", 8, 2), ["one two", "three f…"]);
        assert_eq!(wrap("", 8, 2), [""; 0]);
    }

    proptest! {
        #[test]
        fn every_line_fits(text in "[a-z 漢]{0,60}", columns in 2usize..20, lines in 1usize..9) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
            let wrapped = wrap(&text, columns, lines);
            prop_assert!(wrapped.len() <= lines);
            prop_assert!(wrapped.iter().all(|line| width(line) <= columns), "{:?}", wrapped);
        }
    }
}
