//! Azure Pipelines' expression language: conditions, `$[ … ]` and `${{ … }}`.
//!
//! An [`Expression`] is read once, with the [`Names`] that exist where it stands, and evaluated as
//! often as needed with a [`Context`] that gives them values. The rules are those of the language
//! that Azure Pipelines runs, including its conversions, its comparison and its parse errors; where
//! its documentation and its code disagree, this crate follows the code.
//!
//! Everything here is total and pure. Text from users cannot make it panic, recurse without bound or
//! use more than a fixed amount of memory and time: the parser bounds the length and the depth of an
//! expression, and each evaluation has a budget.

mod budget;
mod builtin;
mod comparison;
mod context;
mod conversion;
mod datetime;
mod error;
mod evaluation;
mod expression;
mod format;
mod function;
mod json;
mod lexer;
mod name;
mod number;
mod ordinal;
mod status;
mod syntax;
mod value;
mod version;

pub use budget::{Budget, MAX_RESULT_BYTES, MAX_WORK_BYTES};
pub use context::{Context, Scope};
pub use conversion::ConversionError;
pub use datetime::DateTime;
pub use error::{EvaluationError, EvaluationErrorKind, ParseError, ParseErrorKind};
pub use expression::{Expression, runtime_expression};
pub use json::NumberError;
pub use name::{Names, Signature};
pub use number::Number;
pub use status::Standing;
pub use value::{Array, Kind, Object, Value};
pub use version::Version;

/// The most characters that an expression may have.
pub const MAX_LENGTH: usize = 21_000;

/// As many functions and indexers inside of each other are too many.
pub const MAX_DEPTH: usize = 50;
