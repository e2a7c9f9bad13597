//! Why a task failed, for people.

use std::error::Error;
use std::fmt;

/// What a task's function returns.
pub type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// Why a task failed.
///
/// The message is one line that a person sees first, the details are more lines for those who want
/// to know. Every error converts into a `Failure`: its text becomes the message, its sources the
/// details.
///
/// ```
/// use stepwell_task::Failure;
///
/// let failure = Failure::new("2 of 7 files are not formatted")
///     .with_details("src/a.rs\nsrc/b.rs")
///     .with_exit_code(3);
/// assert_eq!(failure.message(), "2 of 7 files are not formatted");
/// ```
// It is no `Error` itself, or the conversion from all errors would overlap with that from itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    message: String,
    exit_code: u32,
    details: Option<String>,
}

impl Failure {
    /// A failure with exit code 1. Lines of `message` after the first become details.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        let text = message.into();
        let (message, rest) = match text.trim().split_once('\n') {
            Some((first, rest)) => (first.trim_end(), rest),
            None => (text.trim(), ""),
        };
        Self {
            message: message.to_owned(),
            exit_code: 1,
            details: None,
        }
        .with_details(rest)
    }

    /// Sets the exit code. A failure never has code 0: 1 stands in for it.
    #[must_use]
    pub fn with_exit_code(mut self, code: u32) -> Self {
        self.exit_code = code.max(1);
        self
    }

    /// Adds lines to the details.
    #[must_use]
    pub fn with_details(mut self, details: impl AsRef<str>) -> Self {
        let added = details.as_ref();
        match &mut self.details {
            _ if added.trim().is_empty() => {}
            Some(details) => {
                details.push('\n');
                details.push_str(added);
            }
            None => self.details = Some(added.to_owned()),
        }
        self
    }

    /// The one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The exit code, never 0.
    #[must_use]
    pub fn exit_code(&self) -> u32 {
        self.exit_code
    }

    /// More lines, if there are any.
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        self.details.as_deref()
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut failure = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure = failure.with_details(format!("caused by: {cause}"));
            source = cause.source();
        }
        failure
    }
}

impl From<Failure> for crate::declaration::Failure {
    fn from(failure: Failure) -> Self {
        Self {
            message: failure.message,
            exit_code: failure.exit_code,
            details: failure.details,
        }
    }
}

/// Says what was being done when something failed.
///
/// ```
/// use stepwell_task::{Context, Result};
///
/// fn port(text: &str) -> Result<u16> {
///     text.parse().with_context(|| format!("cannot use `{text}` as a port"))
/// }
///
/// assert_eq!(port("443").unwrap(), 443);
/// assert_eq!(
///     port("https").unwrap_err().message(),
///     "cannot use `https` as a port: invalid digit found in string",
/// );
/// ```
pub trait Context<T> {
    /// Puts `context` and a colon before the message.
    fn context(self, context: impl fmt::Display) -> Result<T>;

    /// Like [`context`](Self::context), for one that takes work to make.
    fn with_context<C: fmt::Display>(self, context: impl FnOnce() -> C) -> Result<T>;
}

impl<T, E: Into<Failure>> Context<T> for Result<T, E> {
    fn context(self, context: impl fmt::Display) -> Result<T> {
        self.with_context(|| context)
    }

    fn with_context<C: fmt::Display>(self, context: impl FnOnce() -> C) -> Result<T> {
        self.map_err(|error| {
            let failure = error.into();
            Failure {
                message: format!("{}: {}", context(), failure.message),
                ..failure
            }
        })
    }
}

/// Returns a [`Failure`] from the function, with a message as of [`format!`].
///
/// ```
/// fn check(total: u32, max: u32) -> stepwell_task::Result {
///     if total > max {
///         stepwell_task::fail!("{total} findings are more than the {max} allowed");
///     }
///     Ok(())
/// }
///
/// assert!(check(1, 1).is_ok());
/// assert!(check(2, 1).is_err());
/// ```
#[macro_export]
macro_rules! fail {
    ($($message:tt)+) => {
        return ::core::result::Result::Err($crate::Failure::new(::std::format!($($message)+)))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_many_lines_becomes_one_line_and_details() {
        let failure = Failure::new("cannot parse\n  | x\n  | ^\n");
        assert_eq!(failure.message(), "cannot parse");
        assert_eq!(failure.details(), Some("  | x\n  | ^"));
    }

    #[test]
    fn sources_become_details_and_context_stays_in_front() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bad number")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let result = "x".parse::<u8>().map_err(Outer);
        let failure = result.context("line 3").context("cannot read `a`");
        let failure = failure.unwrap_err();
        assert_eq!(failure.message(), "cannot read `a`: line 3: bad number");
        assert_eq!(
            failure.details(),
            Some("caused by: invalid digit found in string")
        );
    }

    #[test]
    fn a_failure_never_exits_with_zero() {
        assert_eq!(Failure::new("x").with_exit_code(0).exit_code(), 1);
        assert_eq!(Failure::new("x").with_exit_code(7).exit_code(), 7);
    }
}
