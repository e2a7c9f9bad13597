//! Comparison.
//!
//! In Azure Pipelines' expression language the left value decides what the right one is converted
//! to. For equality a conversion that fails means "not equal"; for order it is an error.

use crate::conversion::ConversionError;
use crate::datetime::DateTime;
use crate::ordinal;
use crate::value::{Kind, Value};
use std::cmp::Ordering;

/// The side of a comparison that could not be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Value {
    /// Whether the right value, converted to this one's kind, is equal. Text ignores case; arrays and
    /// objects are equal only to themselves; null is equal to null and to the empty text.
    #[must_use]
    pub fn equals(&self, right: &Self) -> bool {
        match (self, right) {
            (Self::Array(left), Self::Array(right)) => left.is(right),
            (Self::Object(left), Self::Object(right)) => left.is(right),
            (Self::Array(_) | Self::Object(_), _) => false,
            (Self::Null, right) => right.is_nothing(),
            (left, right) => ordering(left, right).is_ok_and(Ordering::is_eq),
        }
    }

    /// How the value and the right one, converted to its kind, are ordered. A left value that has no
    /// order is converted to a number first.
    pub(crate) fn order(&self, right: &Self) -> Result<Ordering, (Side, ConversionError)> {
        let number = match self {
            Self::Null | Self::Array(_) | Self::Object(_) => Some(Self::Number(
                self.as_number().map_err(|error| (Side::Left, error))?,
            )),
            _ => None,
        };
        ordering(number.as_ref().unwrap_or(self), right).map_err(|error| (Side::Right, error))
    }
}

/// The order of the values after the right one was converted to the kind of the left one.
fn ordering(left: &Value, right: &Value) -> Result<Ordering, ConversionError> {
    Ok(match left {
        Value::Boolean(left) => left.cmp(&right.as_boolean()),
        Value::Number(left) => left.cmp(&right.as_number()?),
        Value::String(left) => ordinal::compare(left, &right.as_text()?),
        Value::Version(left) => left.cmp(&right.as_version()?),
        Value::DateTime(left) => left.cmp(&point_in_time(right)?),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(left.cannot_be(Kind::Number));
        }
    })
}

fn point_in_time(value: &Value) -> Result<DateTime, ConversionError> {
    match value {
        Value::DateTime(value) => Some(*value),
        Value::String(text) => DateTime::parse(text),
        _ => None,
    }
    .ok_or(value.cannot_be(Kind::DateTime))
}
