//! What an expression is evaluated with.

use crate::status::Standing;
use crate::value::{Object, Value};

/// The values and functions that an expression finds.
///
/// Names arrive as [`Names`](crate::Names) declares them, whatever case the expression uses.
pub trait Context {
    /// The named value; `None` is null.
    fn value(&self, name: &str) -> Option<Value>;

    /// The result of a function that is not part of the language.
    ///
    /// # Errors
    ///
    /// Says as a lowercase fragment why there is none.
    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String>;
}

/// Named values and the standing that status functions ask for: all that a condition needs.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The named values.
    pub values: Object,
    /// What the status functions look at.
    pub standing: Standing,
}

impl Context for Scope {
    fn value(&self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        self.standing
            .call(function, arguments)
            .map(Value::Boolean)
            .ok_or_else(|| format!("`{function}` is not available here"))
    }
}
