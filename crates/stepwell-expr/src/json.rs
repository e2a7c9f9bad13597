//! Values to JSON and back.

use crate::budget::Output;
use crate::error::EvaluationErrorKind;
use crate::number::Number;
use crate::value::Value;
use std::error::Error;
use std::fmt;

/// How deeply collections may be nested to be shown: as deep as serde_json reads them.
const MAX_NESTING: usize = 128;

/// A JSON number that is too large for a [`Number`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberError(String);

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the number {} is too large", self.0)
    }
}

impl Error for NumberError {}

impl Value {
    /// The value that JSON describes.
    ///
    /// # Errors
    ///
    /// Numbers beyond 96 bits do not fit.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, NumberError> {
        use serde_json::Value as Json;
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(value) => value
                .as_i64()
                .map(Number::from)
                .or_else(|| value.as_u64().map(Number::from))
                .or_else(|| value.as_f64().and_then(Number::from_f64))
                .map(Self::Number)
                .ok_or_else(|| NumberError(value.to_string()))?,
            Json::String(value) => value.as_str().into(),
            Json::Array(items) => {
                let items: Result<crate::Array, _> = items.iter().map(Self::from_json).collect();
                items?.into()
            }
            Json::Object(entries) => {
                let entry = |(name, value)| Self::from_json(value).map(|value| (name, value));
                let object: Result<crate::Object, _> = entries.iter().map(entry).collect();
                object?.into()
            }
        })
    }

    /// The value as JSON: versions and points in time as their text, numbers with a fraction or
    /// beyond 64 bits as the nearest binary floating-point number.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Boolean(value) => (*value).into(),
            Self::Number(value) => match value.to_i64() {
                Some(integer) => integer.into(),
                None => value.to_f64().into(),
            },
            Self::String(value) => (&**value).into(),
            Self::Version(value) => value.to_string().into(),
            Self::DateTime(value) => value.to_string().into(),
            Self::Array(array) => array.items().iter().map(Self::to_json).collect(),
            Self::Object(object) => object
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_json()))
                .collect(),
        }
    }
}

/// Writes what `convertToJson` gives: JSON with two blanks per level, numbers as the language shows
/// them, names in their order.
pub(crate) fn write(
    value: &Value,
    level: usize,
    output: &mut Output,
) -> Result<(), EvaluationErrorKind> {
    if level > MAX_NESTING {
        return Err(EvaluationErrorKind::TooDeep);
    }
    match value {
        Value::Null => output.push("null"),
        Value::Boolean(value) => output.push(if *value { "true" } else { "false" }),
        Value::Number(value) => output.push(&value.to_string()),
        Value::String(value) => output.push(&quoted(value)),
        Value::Version(value) => output.push(&quoted(&value.to_string())),
        Value::DateTime(value) => output.push(&quoted(&value.to_string())),
        Value::Array(array) if array.items().is_empty() => output.push("[]"),
        Value::Object(object) if object.is_empty() => output.push("{}"),
        Value::Array(array) => {
            let mut before = "[";
            for item in array.items() {
                output.push(before)?;
                line(level + 1, output)?;
                write(item, level + 1, output)?;
                before = ",";
            }
            line(level, output)?;
            output.push("]")
        }
        Value::Object(object) => {
            let mut before = "{";
            for (name, value) in object.iter() {
                output.push(before)?;
                line(level + 1, output)?;
                output.push(&quoted(name))?;
                output.push(": ")?;
                write(value, level + 1, output)?;
                before = ",";
            }
            line(level, output)?;
            output.push("}")
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Starts a line.
fn line(level: usize, output: &mut Output) -> Result<(), EvaluationErrorKind> {
    output.push("\n")?;
    (0..level).try_for_each(|_| output.push("  "))
}
