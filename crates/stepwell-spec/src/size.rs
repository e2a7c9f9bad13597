//! Sizes: a whole number with a binary unit, as in `64MiB`.

use crate::unit::{self, UnitError};

/// The units, largest first, in bytes.
const UNITS: [(&str, u64); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

const FORM: &str = "write a whole number with a unit: `64KiB`, `32MiB`, `1GiB`";

/// Reads a size in bytes.
///
/// # Errors
///
/// The text is not of that form, or the size has more bytes than a `u64` holds.
pub fn parse(text: &str) -> Result<u64, UnitError> {
    let (digits, unit, rest) = unit::split(text);
    if text.is_empty() {
        return Err(UnitError::new("the size is empty", FORM));
    }
    if digits.is_empty() {
        return Err(UnitError::new(format!("`{text}` is not a size"), FORM));
    }
    if rest.starts_with('.') {
        return Err(UnitError::new(
            format!("`{text}` is not a whole number"),
            FORM,
        ));
    }
    if unit.is_empty() {
        return Err(UnitError::new(format!("`{digits}` has no unit"), FORM));
    }
    if !rest.is_empty() {
        return Err(UnitError::new(format!("`{text}` is not a size"), FORM));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let hint = match meant(unit) {
            Some(name) => format!("did you mean `{digits}{name}`?"),
            None => format!("{FORM}; units are B, KiB, MiB, GiB"),
        };
        return Err(UnitError::new(format!("there is no unit `{unit}`"), hint));
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(*factor))
        .ok_or_else(|| UnitError::new(format!("`{text}` is too large"), FORM))
}

/// The unit that somebody who wrote `mb`, `M` or `mib` wants.
fn meant(unit: &str) -> Option<&'static str> {
    UNITS.iter().map(|(name, _)| *name).find(|name| {
        let first = name.get(..1).unwrap_or_default();
        unit.eq_ignore_ascii_case(name)
            || unit.eq_ignore_ascii_case(first)
            || unit.eq_ignore_ascii_case(&format!("{first}B"))
    })
}

/// Writes a size with the largest unit that leaves a whole number.
#[must_use]
pub fn format(bytes: u64) -> String {
    let (name, factor) = UNITS
        .into_iter()
        .find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor))
        .unwrap_or(("B", 1));
    format!("{}{name}", bytes / factor)
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
            .map(|bytes| *bytes)
            .map_err(|error| (error.message.as_str(), error.hint.as_str()));
        assert_eq!(found, expect, "{text:?}");
    }

    #[test]
    fn units_are_binary() {
        check("512B", Ok(512));
        check("64KiB", Ok(65_536));
        check("32MiB", Ok(33_554_432));
        check("2GiB", Ok(2_147_483_648));
    }

    #[test]
    fn other_texts_say_what_is_wrong() {
        const FORM: &str = "write a whole number with a unit: `64KiB`, `32MiB`, `1GiB`";
        check("", Err(("the size is empty", FORM)));
        check("64", Err(("`64` has no unit", FORM)));
        check("big", Err(("`big` is not a size", FORM)));
        check("64MiB!", Err(("`64MiB!` is not a size", FORM)));
        check("1.5GiB", Err(("`1.5GiB` is not a whole number", FORM)));
        check(
            "64MB",
            Err(("there is no unit `MB`", "did you mean `64MiB`?")),
        );
        check(
            "64k",
            Err(("there is no unit `k`", "did you mean `64KiB`?")),
        );
        check(
            "99999999999GiB",
            Err(("`99999999999GiB` is too large", FORM)),
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bytes: u64) {
            prop_assert_eq!(parse(&format(bytes)), Ok(bytes));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse(&text);
        }
    }
}
