//! Conversions between kinds of values.
//!
//! The table of Azure Pipelines' expression language: every value is a boolean; a number, a text or
//! a version only where the table says so.

use crate::number::Number;
use crate::value::{Kind, Value};
use crate::version::Version;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A value that cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversionError {
    /// What the value is.
    pub from: Kind,
    /// What it should have become.
    pub to: Kind,
}

impl fmt::Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot convert {} to {}", self.from, self.to)
    }
}

impl Error for ConversionError {}

impl Value {
    /// The value as a boolean: false for null, `false`, zero and the empty text, true for all else.
    #[must_use]
    pub fn as_boolean(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Boolean(value) => *value,
            Self::Number(value) => !value.is_zero(),
            Self::String(value) => !value.is_empty(),
            Self::Version(_) | Self::DateTime(_) | Self::Array(_) | Self::Object(_) => true,
        }
    }

    /// The value as a number: booleans are 1 and 0, null and the empty text 0, and text is read as
    /// [`Number::parse`] does.
    ///
    /// # Errors
    ///
    /// Other text, versions, points in time and collections are no numbers.
    pub fn as_number(&self) -> Result<Number, ConversionError> {
        match self {
            Self::Null | Self::Boolean(false) => Some(Number::ZERO),
            Self::Boolean(true) => Some(Number::ONE),
            Self::Number(value) => Some(*value),
            Self::String(value) => Number::parse(value),
            Self::Version(_) | Self::DateTime(_) | Self::Array(_) | Self::Object(_) => None,
        }
        .ok_or(self.cannot_be(Kind::Number))
    }

    /// The value as text: `True` and `False`, `0.#######`, versions with points, and points in time
    /// as `yyyy-MM-dd HH:mm:sszzz`; null is the empty text.
    ///
    /// # Errors
    ///
    /// Collections have no text.
    pub fn as_text(&self) -> Result<Arc<str>, ConversionError> {
        Ok(match self {
            Self::Null => "".into(),
            Self::Boolean(true) => "True".into(),
            Self::Boolean(false) => "False".into(),
            Self::Number(value) => value.to_string().into(),
            Self::String(value) => Arc::clone(value),
            Self::Version(value) => value.to_string().into(),
            Self::DateTime(value) => value.to_string().into(),
            Self::Array(_) | Self::Object(_) => return Err(self.cannot_be(Kind::String)),
        })
    }

    /// The value as a version: text and numbers whose text has two to four parts.
    ///
    /// # Errors
    ///
    /// Anything else is no version.
    pub fn as_version(&self) -> Result<Version, ConversionError> {
        match self {
            Self::Version(value) => Some(*value),
            Self::Number(value) => Version::parse(&value.to_string()),
            Self::String(value) => Version::parse(value),
            Self::Null
            | Self::Boolean(_)
            | Self::DateTime(_)
            | Self::Array(_)
            | Self::Object(_) => None,
        }
        .ok_or(self.cannot_be(Kind::Version))
    }

    /// Whether the value converts to null: null and the empty text do.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(value) => value.is_empty(),
            _ => false,
        }
    }

    pub(crate) fn cannot_be(&self, to: Kind) -> ConversionError {
        ConversionError {
            from: self.kind(),
            to,
        }
    }
}
