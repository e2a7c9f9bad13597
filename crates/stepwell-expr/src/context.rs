//! What an expression is evaluated with.

use crate::status::Standing;
use crate::value::{Object, Value};

/// The values and functions that an expression finds.
///
/// Names arrive as [`Names`](crate::Names) declares them, whatever case the expression uses.
pub trait Context {
    /// The named value; `None` is null.
    fn value(&self, name: &str) -> Option<Value>;

    /// The entry of a named value, for a context to which that is easier than the whole value;
    /// `None` if it is not. An entry that does not exist is [`Value::Null`].
    fn entry(&self, name: &str, entry: &str) -> Option<Value> {
        let _ = (name, entry);
        None
    }

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
