//! Expressions as a whole.

use crate::context::Context;
use crate::error::{EvaluationError, ParseError};
use crate::evaluation::Evaluator;
use crate::name::Names;
use crate::syntax::{self, Node};
use crate::value::Value;

/// The condition that an empty condition stands for.
const DEFAULT_CONDITION: &str = "succeeded()";

/// An expression of Azure Pipelines' expression language.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// `None` for an empty text.
    root: Option<Node>,
}

impl Expression {
    /// Reads an expression that uses only these names. White space alone is an expression too: its
    /// value is null.
    ///
    /// # Errors
    ///
    /// Says what is not well-formed or not known, and where.
    pub fn parse(text: &str, names: &Names<'_>) -> Result<Self, ParseError> {
        let root = syntax::parse(text, names)?;
        Ok(Self { root })
    }

    /// Reads a condition: an empty one is `succeeded()`. It is written without `$[ ]`.
    ///
    /// # Errors
    ///
    /// Says what is not well-formed or not known, and where.
    pub fn condition(text: &str, names: &Names<'_>) -> Result<Self, ParseError> {
        match text.trim().is_empty() {
            true => Self::parse(DEFAULT_CONDITION, names),
            false => Self::parse(text, names),
        }
    }

    /// The value of the expression. The same context gives the same value.
    ///
    /// # Errors
    ///
    /// Names the function and the argument that do not fit.
    pub fn evaluate(&self, context: &dyn Context) -> Result<Value, EvaluationError> {
        match &self.root {
            Some(node) => Evaluator::new(context).node(node),
            None => Ok(Value::Null),
        }
    }
}

/// The expression inside of `$[ … ]`, if `text` is one as a whole: it starts with `$[`, ends with
/// `]`, and something stands between. `x$[1]` and `$[1] y` are plain text.
#[must_use]
pub fn runtime_expression(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("$[")?.strip_suffix(']')?;
    (!inner.is_empty()).then_some(inner)
}
