//! Inputs: one declaration from which they are both described and parsed.

use crate::declaration::{Input, InputType};
use crate::task::{public_name, sentence};
use crate::{Failure, Result, host};
use std::fmt;
use std::marker::PhantomData;

/// A type that an input can have.
///
/// | type | the pipeline gives |
/// |---|---|
/// | [`String`] | any text |
/// | `bool` | `true` or `false` |
/// | `u8` … `u64`, `i8` … `i64`, `usize`, `isize` | a whole number |
/// | `f64` | a decimal number |
/// | [`WorkspacePath`](crate::WorkspacePath) | a path in the workspace |
/// | `Vec<T>` | one item a line; blank lines do not count |
/// | `Option<T>` | a `T`, or nothing at all |
/// | a [`choice!`](crate::choice!) | one of its values |
///
/// Implement it for a type of your own to have it described and parsed alike.
///
/// ```
/// use stepwell_task::FromInput;
/// use stepwell_task::bindings::stepwell::task::description::InputType;
///
/// struct Percent(u8);
///
/// impl FromInput for Percent {
///     const KIND: InputType = InputType::Number;
///
///     fn from_input(text: &str) -> Result<Self, String> {
///         match u8::from_input(text)? {
///             percent @ 0..=100 => Ok(Self(percent)),
///             _ => Err(format!("`{text}` is more than 100")),
///         }
///     }
/// }
///
/// assert_eq!(Percent::from_input("50").map(|percent| percent.0), Ok(50));
/// assert!(Percent::from_input("101").is_err());
/// ```
pub trait FromInput: Sized {
    /// What the text has to be.
    const KIND: InputType;

    /// The allowed values, for the description; empty means any of the kind.
    const ALLOWED: &'static [&'static str] = &[];

    /// Parses a value.
    ///
    /// # Errors
    ///
    /// A fragment that quotes the value and says what is wrong with it, such as "`x` is no whole
    /// number".
    fn from_input(text: &str) -> Result<Self, String>;

    /// The value when neither the step nor the declaration gives one; `None` makes it required.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// What can be written as the default of an input of type `T`.
pub trait DefaultFor<T> {
    /// The text that parses to this value.
    fn into_text(self) -> String;
}

impl FromInput for String {
    const KIND: InputType = InputType::Text;

    fn from_input(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl DefaultFor<String> for &str {
    fn into_text(self) -> String {
        self.to_owned()
    }
}

impl FromInput for bool {
    const KIND: InputType = InputType::Boolean;

    fn from_input(text: &str) -> Result<Self, String> {
        text.trim()
            .parse()
            .map_err(|_| format!("`{text}` is neither `true` nor `false`"))
    }
}

impl FromInput for f64 {
    const KIND: InputType = InputType::Number;

    fn from_input(text: &str) -> Result<Self, String> {
        let number: Option<Self> = text.trim().parse().ok();
        number
            .filter(|number| number.is_finite())
            .ok_or_else(|| format!("`{text}` is no number"))
    }
}

macro_rules! whole_numbers {
    ($($number:ty)*) => {$(
        impl FromInput for $number {
            const KIND: InputType = InputType::Number;

            fn from_input(text: &str) -> Result<Self, String> {
                text.trim().parse().map_err(|_| {
                    format!("`{text}` is no whole number from {} to {}", Self::MIN, Self::MAX)
                })
            }
        }
    )*};
}

macro_rules! defaults_of_their_own_type {
    ($($own:ty)*) => {$(
        impl DefaultFor<$own> for $own {
            fn into_text(self) -> String {
                self.to_string()
            }
        }
    )*};
}

whole_numbers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);
defaults_of_their_own_type!(bool f64 u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

impl<T: FromInput> FromInput for Vec<T> {
    const KIND: InputType = InputType::Lines;

    fn from_input(text: &str) -> Result<Self, String> {
        let lines = (1..).zip(text.lines().map(str::trim));
        lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(number, line)| {
                T::from_input(line).map_err(|problem| format!("line {number}: {problem}"))
            })
            .collect()
    }
}

// The items are texts whatever `T` is, so that the type of `[]` is known.
impl<T: FromInput, const N: usize> DefaultFor<Vec<T>> for [&str; N] {
    fn into_text(self) -> String {
        self.join("\n")
    }
}

impl<T: FromInput> FromInput for Option<T> {
    const KIND: InputType = T::KIND;
    const ALLOWED: &'static [&'static str] = T::ALLOWED;

    fn from_input(text: &str) -> Result<Self, String> {
        T::from_input(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// The inputs of a task, as [`task!`](crate::task!) declares them.
pub trait InputSet: Sized {
    /// What people and pipelines are told of them.
    fn describe() -> Vec<Input>;

    /// Takes each from `reader`; `None` if one of them cannot be used.
    #[doc(hidden)]
    fn read(reader: &mut InputReader<'_>) -> Option<Self>;

    /// Parses the values that a pipeline would give.
    ///
    /// # Errors
    ///
    /// A failure that tells all values that cannot be used.
    fn from_values(values: &[(&str, &str)]) -> Result<Self> {
        let value = |name: &str| {
            let mut values = values.iter().filter(|(given, _)| *given == name);
            values.next().map(|(_, value)| (*value).to_owned())
        };
        InputReader::all(&value)
    }

    /// Parses the values that the host has.
    #[doc(hidden)]
    fn from_host() -> Result<Self> {
        InputReader::all(&host::input)
    }
}

/// Parses inputs and gathers what is wrong with them.
#[doc(hidden)]
pub struct InputReader<'a> {
    value: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl InputReader<'_> {
    fn all<T: InputSet>(value: &dyn Fn(&str) -> Option<String>) -> Result<T> {
        let mut reader = InputReader {
            value,
            problems: Vec::new(),
        };
        let inputs = T::read(&mut reader);
        inputs.ok_or_else(|| match reader.problems.as_slice() {
            [problem] => Failure::new(problem.as_str()),
            problems => Failure::new(format!("{} inputs cannot be used", problems.len()))
                .with_details(problems.join("\n")),
        })
    }

    /// Parses one input.
    pub fn read<T: FromInput>(&mut self, input: &Declared<T>) -> Option<T> {
        let name = &input.name;
        let text = (self.value)(name).or_else(|| input.default.clone());
        let parsed = match text {
            Some(text) => T::from_input(&text),
            None => T::absent().ok_or_else(|| "a value is required".to_owned()),
        };
        parsed
            .map_err(|problem| self.problems.push(format!("input `{name}`: {problem}")))
            .ok()
    }
}

/// What is wrong with a value outside of a closed set.
#[doc(hidden)]
#[must_use]
pub fn not_allowed(text: &str, allowed: &[&str]) -> String {
    format!("`{text}` is not one of `{}`", allowed.join("`, `"))
}

/// One input of a declaration.
#[doc(hidden)]
pub struct Declared<T> {
    name: String,
    help: String,
    default: Option<String>,
    value: PhantomData<T>,
}

impl<T: FromInput> Declared<T> {
    /// The input of `field` with its doc comment.
    #[must_use]
    pub fn new(field: &str, doc: &[&str]) -> Self {
        Self {
            name: public_name(field),
            help: sentence(doc),
            default: None,
            value: PhantomData,
        }
    }

    /// Gives it a default.
    #[must_use]
    pub fn or(mut self, default: impl DefaultFor<T>) -> Self {
        self.default = Some(default.into_text());
        self
    }

    /// What people and pipelines are told of it.
    #[must_use]
    pub fn describe(self) -> Input {
        Input {
            name: self.name,
            kind: T::KIND,
            required: self.default.is_none() && T::absent().is_none(),
            default_value: self.default,
            allowed_values: T::ALLOWED.iter().map(|&value| value.to_owned()).collect(),
            help: self.help,
        }
    }
}

impl<T> fmt::Debug for Declared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Declared").field(&self.name).finish()
    }
}
