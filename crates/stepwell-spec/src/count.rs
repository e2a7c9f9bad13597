//! Counts of many things: a whole number with a decimal unit, as in `10G`.

use crate::unit::{self, UnitError};

/// The units, largest first.
const UNITS: [(&str, u64); 5] = [
    ("T", 1_000_000_000_000),
    ("G", 1_000_000_000),
    ("M", 1_000_000),
    ("k", 1_000),
    ("", 1),
];

const FORM: &str =
    "write a whole number, or one with a unit in quotes: `500`, `\"20k\"`, `\"10G\"`";

/// Reads a count.
///
/// # Errors
///
/// The text is not of that form, or the number is larger than a `u64` holds.
pub fn parse(text: &str) -> Result<u64, UnitError> {
    let (digits, unit, rest) = unit::split(text);
    if text.is_empty() {
        return Err(UnitError::new("the number is empty", FORM));
    }
    if rest.starts_with('.') {
        return Err(UnitError::new(
            format!("`{text}` is not a whole number"),
            FORM,
        ));
    }
    if digits.is_empty() || !rest.is_empty() {
        return Err(UnitError::new(format!("`{text}` is not a number"), FORM));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let meant = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let hint = match meant {
            Some((name, _)) => format!("did you mean `{digits}{name}`?"),
            None => format!("{FORM}; units are k, M, G, T"),
        };
        return Err(UnitError::new(format!("there is no unit `{unit}`"), hint));
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(*factor))
        .ok_or_else(|| UnitError::new(format!("`{text}` is too large"), FORM))
}

/// Writes a count with the largest unit that leaves a whole number.
#[must_use]
pub fn format(count: u64) -> String {
    let (name, factor) = UNITS
        .into_iter()
        .find(|(_, factor)| count >= *factor && count.is_multiple_of(*factor))
        .unwrap_or(("", 1));
    format!("{}{name}", count / factor)
}

#[cfg(test)]
mod tests {
    use super::{format, parse};
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expect: Result<u64, (&str, &str)>) {
        let found = parse(text);
        let found = found
            .as_ref()
            .map(|count| *count)
            .map_err(|error| (error.message.as_str(), error.hint.as_str()));
        assert_eq!(found, expect, "{text:?}");
    }

    #[test]
    fn units_are_decimal() {
        check("0", Ok(0));
        check("512", Ok(512));
        check("20k", Ok(20_000));
        check("3M", Ok(3_000_000));
        check("10G", Ok(10_000_000_000));
        check("2T", Ok(2_000_000_000_000));
    }

    #[test]
    fn other_texts_say_what_is_wrong() {
        const FORM: &str =
            "write a whole number, or one with a unit in quotes: `500`, `\"20k\"`, `\"10G\"`";
        check("", Err(("the number is empty", FORM)));
        check("many", Err(("`many` is not a number", FORM)));
        check("-1", Err(("`-1` is not a number", FORM)));
        check("1.5G", Err(("`1.5G` is not a whole number", FORM)));
        check("10g", Err(("there is no unit `g`", "did you mean `10G`?")));
        check("99999999999T", Err(("`99999999999T` is too large", FORM)));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(count: u64) {
            prop_assert_eq!(parse(&format(count)), Ok(count));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse(&text);
        }
    }
}
