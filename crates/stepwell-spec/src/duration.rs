//! Durations: whole numbers with units, largest first, as in `10m`, `500ms`, `1h30m` or `1h 30m`.

use crate::unit::{self, UnitError};
use std::fmt::Write as _;
use std::time::Duration;

/// The units, largest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

const FORM: &str = "write whole numbers with units, largest first: `30s`, `10m`, `1h30m`, `500ms`";

/// Reads a duration. Zero needs no unit.
///
/// # Errors
///
/// The text is not of that form, or the duration has more milliseconds than a `u64` holds.
pub fn parse(text: &str) -> Result<Duration, UnitError> {
    if text.is_empty() {
        return Err(UnitError::new("the duration is empty", FORM));
    }
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut smaller = UNITS.as_slice();
    let mut millis = 0_u64;
    while !rest.is_empty() {
        let (digits, unit, tail) = unit::split(rest);
        if digits.is_empty() {
            return Err(UnitError::new(format!("`{text}` is not a duration"), FORM));
        }
        if unit.is_empty() {
            let message = match tail.starts_with('.') {
                true => format!("`{text}` is not a whole number"),
                false => format!("`{digits}` has no unit"),
            };
            return Err(UnitError::new(message, FORM));
        }
        let Some(index) = smaller.iter().position(|(name, _)| *name == unit) else {
            let message = match UNITS.iter().any(|(name, _)| *name == unit) {
                true => format!("unit `{unit}` is out of order in `{text}`"),
                false => format!("there is no unit `{unit}`"),
            };
            return Err(UnitError::new(
                message,
                format!("{FORM}; units are d, h, m, s, ms"),
            ));
        };
        let (found, after) = smaller.split_at(index + 1);
        let factor = found.last().map_or(1, |(_, factor)| *factor);
        smaller = after;
        millis = digits
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(factor))
            .and_then(|part| millis.checked_add(part))
            .ok_or_else(|| UnitError::new(format!("`{text}` is too long"), FORM))?;
        rest = match tail.trim_start_matches(' ') {
            "" => tail,
            next => next,
        };
    }
    Ok(Duration::from_millis(millis))
}

/// Writes a duration in the form that [`parse`] reads, dropping what is less than a millisecond.
#[must_use]
pub fn format(duration: Duration) -> String {
    let mut left = duration.as_millis();
    let mut text = String::new();
    for (name, factor) in UNITS {
        let count = left / u128::from(factor);
        left %= u128::from(factor);
        if count > 0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{count}{name}");
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{format, parse};
    use proptest::prelude::*;
    use std::time::Duration;

    #[track_caller]
    fn check(text: &str, millis: u64) {
        assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text:?}");
    }

    #[track_caller]
    fn check_error(text: &str, message: &str) {
        assert_eq!(parse(text).unwrap_err().message, message);
    }

    #[test]
    fn units_add_up() {
        check("500ms", 500);
        check("1s", 1_000);
        check("10m", 600_000);
        check("1h30m", 5_400_000);
        check("2d", 172_800_000);
        check("1d2h3m4s5ms", 93_784_005);
        check("0s", 0);
        check("0", 0);
    }

    #[test]
    fn parts_may_stand_apart() {
        check("1h 30m", 5_400_000);
        check("1d  2h3m 4s", 93_784_000);
        check_error(" 1h", "` 1h` is not a duration");
        check_error("1h ", "`1h ` is not a duration");
    }

    #[test]
    fn other_texts_say_what_is_wrong() {
        check_error("", "the duration is empty");
        check_error("10", "`10` has no unit");
        check_error("1h30", "`30` has no unit");
        check_error("1.5h", "`1.5h` is not a whole number");
        check_error("10 m", "`10` has no unit");
        check_error("-1s", "`-1s` is not a duration");
        check_error("soon", "`soon` is not a duration");
        check_error("10min", "there is no unit `min`");
        check_error("10M", "there is no unit `M`");
        check_error("30m1h", "unit `h` is out of order in `30m1h`");
        check_error("1m1m", "unit `m` is out of order in `1m1m`");
        check_error("99999999999999999d", "`99999999999999999d` is too long");
        check_error(
            "184467440737095516160s",
            "`184467440737095516160s` is too long",
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis: u64) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse(&text);
        }
    }
}
