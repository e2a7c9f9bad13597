//! Quantities with units: what durations and sizes share.

use std::fmt;

/// Why a text is not the quantity that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitError {
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl UnitError {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UnitError {}

/// Cuts `text` into a run of digits, a run of letters, and the rest. Each may be empty.
pub(crate) fn split(text: &str) -> (&str, &str, &str) {
    let digits_end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, tail) = text.split_at(digits_end);
    let unit_end = tail
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(tail.len());
    let (unit, rest) = tail.split_at(unit_end);
    (digits, unit, rest)
}
