//! Expressions as a whole.

use crate::budget::{Budget, MAX_WORK_BYTES};
use crate::context::Context;
use crate::error::{EvaluationError, ParseError};
use crate::evaluation::Evaluator;
use crate::name::Names;
use crate::syntax::{self, Node};
use crate::value::Value;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// The condition that an empty condition stands for.
const DEFAULT_CONDITION: &str = "succeeded()";

/// An expression of Azure Pipelines' expression language. Clones share it; two are equal if they are
/// written in the same way.
#[derive(Debug, Clone)]
pub struct Expression {
    text: Arc<str>,
    /// `None` for an empty text.
    root: Option<Arc<Node>>,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

impl Default for Expression {
    /// The condition of everything that says nothing else: `succeeded()`.
    fn default() -> Self {
        static SUCCEEDED: LazyLock<Expression> = LazyLock::new(|| {
            Expression::parse(DEFAULT_CONDITION, &Names::STEP_CONDITION).unwrap_or(Expression {
                text: DEFAULT_CONDITION.into(),
                root: None,
            })
        });
        SUCCEEDED.clone()
    }
}

impl Expression {
    /// Reads an expression that uses only these names. White space alone is an expression too: its
    /// value is null.
    ///
    /// # Errors
    ///
    /// Says what is not well-formed or not known, and where.
    pub fn parse(text: &str, names: &Names<'_>) -> Result<Self, ParseError> {
        let root = syntax::parse(text, names)?.map(Arc::new);
        Ok(Self {
            text: text.trim().into(),
            root,
        })
    }

    /// Reads a condition: an empty one is `succeeded()`. It is written without `$[ ]`.
    ///
    /// # Errors
    ///
    /// Says what is not well-formed or not known, and where.
    pub fn condition(text: &str, names: &Names<'_>) -> Result<Self, ParseError> {
        match text.trim() {
            "" | DEFAULT_CONDITION => Ok(Self::default()),
            _ => Self::parse(text, names),
        }
    }

    /// The expression as written, without blanks around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of the expression. The same context gives the same value.
    ///
    /// # Errors
    ///
    /// Names the function and the argument that do not fit.
    pub fn evaluate(&self, context: &dyn Context) -> Result<Value, EvaluationError> {
        self.evaluate_within(context, &mut Budget::of(MAX_WORK_BYTES))
    }

    /// The value of the expression, made with what a budget has left: many evaluations can share one.
    ///
    /// # Errors
    ///
    /// Names the function and the argument that do not fit, or what asks for too much.
    pub fn evaluate_within(
        &self,
        context: &dyn Context,
        budget: &mut Budget,
    ) -> Result<Value, EvaluationError> {
        match &self.root {
            Some(node) => Evaluator::new(context, budget).node(node),
            None => Ok(Value::Null),
        }
    }

    /// The entries of a named value that the expression asks for by a name that is written out, such
    /// as `a` in `parameters.a` and `parameters['a']`, with the bytes of the text that was parsed.
    #[must_use]
    pub fn entries(&self, named: &str) -> Vec<(&str, Range<usize>)> {
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            root.entries(named, &mut found);
        }
        found
    }
}

/// The expression inside of `$[ … ]`, if `text` is one as a whole: it starts with `$[`, ends with
/// `]`, and something stands between. `x$[1]` and `$[1] y` are plain text.
#[must_use]
pub fn runtime_expression(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("$[")?.strip_suffix(']')?;
    (!inner.is_empty()).then_some(inner)
}
