//! The tree to a value.
//!
//! Recursion follows the depth of the tree, which the parser bounds.

use crate::budget::Budget;
use crate::context::Context;
use crate::conversion::ConversionError;
use crate::error::{EvaluationError, EvaluationErrorKind};
use crate::syntax::{Call, Callee, Node, Step};
use crate::value::{Array, Value};
use std::ops::Range;
use std::sync::Arc;

/// One evaluation.
pub(crate) struct Evaluator<'c> {
    context: &'c dyn Context,
    pub(crate) budget: &'c mut Budget,
}

impl<'c> Evaluator<'c> {
    pub(crate) fn new(context: &'c dyn Context, budget: &'c mut Budget) -> Self {
        Self { context, budget }
    }

    pub(crate) fn node(&mut self, node: &Node) -> Result<Value, EvaluationError> {
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Named(name) => Ok(self.context.value(name).unwrap_or(Value::Null)),
            Node::Call(call) => Invocation {
                evaluator: self,
                call,
            }
            .result(),
            Node::Access { base, path, span } => {
                if let Some((entry, rest)) = self.entry(base, path) {
                    return self.access(entry, rest, span);
                }
                let current = self.node(base)?;
                self.access(current, path, span)
            }
        }
    }

    /// The entry of a named value that the context knows without the value as a whole, and the
    /// accesses that are left.
    fn entry<'n>(&self, base: &Node, path: &'n [Step]) -> Option<(Value, &'n [Step])> {
        let (Node::Named(name), Some((Step::Index(Node::Literal(index), _), rest))) =
            (base, path.split_first())
        else {
            return None;
        };
        let entry = self.context.entry(name, &index.as_text().ok()?)?;
        Some((entry, rest))
    }

    /// Follows a chain of accesses. What is missing is null, and so is everything in it; the index is
    /// not even evaluated then.
    fn access(
        &mut self,
        mut current: Value,
        path: &[Step],
        span: &Range<usize>,
    ) -> Result<Value, EvaluationError> {
        for step in path {
            let found = match step {
                Step::All => all(&current),
                Step::Index(node, _) if matches!(current, Value::Array(_) | Value::Object(_)) => {
                    pick(&current, &self.node(node)?)
                }
                Step::Index(..) => Value::Null,
            };
            let looked_at = [&current, &found]
                .into_iter()
                .filter_map(filtered)
                .map(|array| array.items().len())
                .sum();
            self.budget
                .items(looked_at)
                .map_err(|kind| EvaluationError {
                    kind,
                    function: "*".to_owned(),
                    argument: None,
                    span: span.clone(),
                })?;
            current = found;
        }
        Ok(current)
    }
}

/// All members of a collection, or of all items of a filtered array.
fn all(value: &Value) -> Value {
    let members = match filtered(value) {
        Some(array) => array
            .items()
            .iter()
            .flat_map(Value::members)
            .cloned()
            .collect(),
        None => value.members().cloned().collect(),
    };
    Array::filtered(members).into()
}

/// The entry of a collection, or the entries of those items of a filtered array that have one.
fn pick(value: &Value, index: &Value) -> Value {
    match filtered(value) {
        None => entry(value, index).cloned().unwrap_or(Value::Null),
        Some(array) => {
            let found = array.items().iter().filter_map(|item| entry(item, index));
            Array::filtered(found.cloned().collect()).into()
        }
    }
}

fn filtered(value: &Value) -> Option<&Array> {
    match value {
        Value::Array(array) if array.is_filtered() => Some(array),
        _ => None,
    }
}

/// What a collection holds under an index: converted to text for an object, to a number without its
/// fraction for an array.
fn entry<'v>(value: &'v Value, index: &Value) -> Option<&'v Value> {
    match value {
        Value::Object(object) => object.get(&index.as_text().ok()?),
        Value::Array(array) => array.items().get(index.as_number().ok()?.to_position()?),
        _ => None,
    }
}

/// A function and its arguments, which are evaluated when they are asked for.
pub(crate) struct Invocation<'e, 'c, 'n> {
    pub(crate) evaluator: &'e mut Evaluator<'c>,
    call: &'n Call,
}

impl Invocation<'_, '_, '_> {
    fn result(mut self) -> Result<Value, EvaluationError> {
        match self.call.callee {
            Callee::Function(function) => self.apply(function),
            Callee::Extension => {
                let arguments = self.values()?;
                let result = self.evaluator.context.call(&self.call.name, &arguments);
                result.map_err(|message| self.fail(EvaluationErrorKind::Call(message)))
            }
        }
    }

    /// How many arguments there are.
    pub(crate) fn count(&self) -> usize {
        self.call.arguments.len()
    }

    /// The argument with this number, the first being 0.
    pub(crate) fn value(&mut self, number: usize) -> Result<Value, EvaluationError> {
        let Some(node) = self.call.arguments.get(number) else {
            return Ok(Value::Null);
        };
        let value = self.evaluator.node(node)?;
        self.work(value.weight())?;
        Ok(value)
    }

    /// All arguments.
    pub(crate) fn values(&mut self) -> Result<Vec<Value>, EvaluationError> {
        (0..self.count()).map(|number| self.value(number)).collect()
    }

    /// The argument as a boolean.
    pub(crate) fn boolean(&mut self, number: usize) -> Result<bool, EvaluationError> {
        Ok(self.value(number)?.as_boolean())
    }

    /// The argument as text.
    pub(crate) fn text(&mut self, number: usize) -> Result<Arc<str>, EvaluationError> {
        let value = self.value(number)?;
        value
            .as_text()
            .map_err(|error| self.unconverted(number, error))
    }

    /// Pays for looking at some text.
    pub(crate) fn work(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        let paid = self.evaluator.budget.work(bytes);
        paid.map_err(|kind| self.fail(kind))
    }

    pub(crate) fn fail(&self, kind: EvaluationErrorKind) -> EvaluationError {
        EvaluationError {
            kind,
            function: self.call.name.clone(),
            argument: None,
            span: self.call.span.clone(),
        }
    }

    /// The error that an argument is of the wrong kind.
    pub(crate) fn unconverted(&self, number: usize, error: ConversionError) -> EvaluationError {
        self.blame(number, error.into())
    }

    pub(crate) fn blame(&self, number: usize, kind: EvaluationErrorKind) -> EvaluationError {
        EvaluationError {
            argument: Some(number + 1),
            ..self.fail(kind)
        }
    }
}
