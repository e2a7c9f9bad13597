//! What a task hands on to later steps.

use crate::bindings::stepwell::task::outputs::{OutputError, VariableOptions};
use crate::declaration::Output;
use crate::task::{public_name, sentence};
use crate::{Failure, Result, WorkspacePath, host};

pub use crate::bindings::stepwell::task::outputs::EndpointField;

/// A type that an output can have.
pub trait ToOutput {
    /// The text of the variable; `None` leaves it unset.
    fn to_output(&self) -> Option<String>;
}

macro_rules! shown_outputs {
    ($($shown:ty)*) => {$(
        impl ToOutput for $shown {
            fn to_output(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

shown_outputs!(String &str bool WorkspacePath f64 u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

impl<T: ToOutput> ToOutput for Option<T> {
    fn to_output(&self) -> Option<String> {
        self.as_ref().and_then(T::to_output)
    }
}

/// The outputs of a task, as [`task!`](crate::task!) declares them; `()` for none.
pub trait OutputSet {
    /// What people and pipelines are told of them.
    #[must_use]
    fn describe() -> Vec<Output>;

    /// Sets each. It is called with what the task's function returns; a task that fails and has
    /// outputs all the same calls it itself.
    ///
    /// # Errors
    ///
    /// If the host refuses one.
    fn set(self) -> Result;
}

impl OutputSet for () {
    fn describe() -> Vec<Output> {
        Vec::new()
    }

    fn set(self) -> Result {
        Ok(())
    }
}

/// What people and pipelines are told of the output `field`.
#[doc(hidden)]
#[must_use]
pub fn output(field: &str, doc: &[&str]) -> Output {
    Output {
        name: public_name(field),
        help: sentence(doc),
    }
}

/// Sets the declared output `field`.
#[doc(hidden)]
pub fn set(field: &str, value: impl ToOutput) -> Result {
    set_output(&public_name(field), value)
}

/// Sets an output variable: later steps of the job read it as `$(step.name)`. Outputs with a fixed
/// name are better declared.
///
/// # Errors
///
/// If the host refuses it.
pub fn set_output(name: &str, value: impl ToOutput) -> Result {
    let Some(value) = value.to_output() else {
        return Ok(());
    };
    host::set_output(name, &value).map_err(|error| refusal("output", name, error))
}

/// Sets a variable: later steps of the job read it as `$(name)`.
///
/// # Errors
///
/// If the host refuses it.
pub fn set_variable(name: &str, value: &str) -> Result {
    host::set_variable(name, value, VariableOptions::empty())
        .map_err(|error| refusal("variable", name, error))
}

/// Sets a variable whose value is masked in every log from now on.
///
/// # Errors
///
/// If the host refuses it, as when the value is too short to be masked.
pub fn set_secret_variable(name: &str, value: &str) -> Result {
    host::set_variable(name, value, VariableOptions::SECRET)
        .map_err(|error| refusal("variable", name, error))
}

/// Masks a text in every log from now on.
///
/// # Errors
///
/// If it cannot be masked: it is too short or has more than one line.
pub fn add_secret(value: &str) -> Result {
    host::add_secret(value).map_err(|error| Failure::new(reason(error)))
}

/// Makes later steps of the job look for commands in this directory first.
///
/// # Errors
///
/// If the host refuses it.
pub fn prepend_path(path: impl ToString) -> Result {
    let path = path.to_string();
    host::prepend_path(&path).map_err(|error| refusal("path", &path, error))
}

/// Sets a variable that later phases of the same task see, and nobody else.
///
/// # Errors
///
/// If the host refuses it.
pub fn set_task_variable(name: &str, value: &str) -> Result {
    host::set_task_variable(name, value, VariableOptions::empty())
        .map_err(|error| refusal("task variable", name, error))
}

/// Like [`set_task_variable`], with a value that is masked in every log from now on.
///
/// # Errors
///
/// If the host refuses it, as when the value is too short to be masked.
pub fn set_secret_task_variable(name: &str, value: &str) -> Result {
    host::set_task_variable(name, value, VariableOptions::SECRET)
        .map_err(|error| refusal("task variable", name, error))
}

/// Sets a field of a service connection that the pipeline declares, for later steps of the job.
///
/// ```
/// use stepwell_task::{EndpointField, set_endpoint};
///
/// let id = "8d7f6bf5-3c5b-4b9b-a8dd-3b1f1a4e2c60";
/// set_endpoint(id, EndpointField::Url, "https://registry.example/")?;
/// # Ok::<(), stepwell_task::Failure>(())
/// ```
///
/// # Errors
///
/// If the host refuses it.
pub fn set_endpoint(id: &str, field: EndpointField, value: &str) -> Result {
    host::set_endpoint(id, &field, value)
        .map_err(|error| refusal("a field of service connection", id, error))
}

fn refusal(what: &str, name: &str, error: OutputError) -> Failure {
    Failure::new(format!("cannot set {what} `{name}`: {}", reason(error)))
}

fn reason(error: OutputError) -> String {
    match error {
        OutputError::InvalidName(reason)
        | OutputError::ReadOnly(reason)
        | OutputError::Unmaskable(reason)
        | OutputError::TooLarge(reason)
        | OutputError::Denied(reason) => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_none_stays_unset() {
        assert_eq!(Some(3_usize).to_output().as_deref(), Some("3"));
        assert_eq!(None::<String>.to_output(), None);
        assert_eq!("x".to_output().as_deref(), Some("x"));
    }

    #[test]
    fn a_refusal_names_the_variable_and_the_reason() {
        let error = OutputError::Denied("the pipeline does not let this step set it".to_owned());
        assert_eq!(
            refusal("variable", "region", error).message(),
            "cannot set variable `region`: the pipeline does not let this step set it"
        );
    }
}
