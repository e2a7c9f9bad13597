//! What can be wrong with a file.

use crate::MAX_DEPTH;
use crate::name::either;
use thiserror::Error;

/// A file that could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct ResultsError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a file, and what may help. Texts of the file in it are cut.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// There is nothing in it.
    #[error("the file is empty: did the tool that writes it run to its end?")]
    Empty,
    /// There is text outside of the document.
    #[error("expected XML, found `{0}`: is this the right file?")]
    NotXml(String),
    /// The document is of another kind.
    #[error(
        "expected a {} element, found `{found}`: {}",
        either(&quoted(expected)),
        match likely {
            Some(likely) => format!("is this a {likely} file?"),
            None => format!("is this really a {format} file?"),
        }
    )]
    Root {
        /// The elements that a file of this format begins with.
        expected: &'static [&'static str],
        /// The format that was asked for.
        format: &'static str,
        /// The element that is there.
        found: String,
        /// The format that has this element.
        likely: Option<&'static str>,
    },
    /// Another document follows.
    #[error("a second document begins with `{0}`: publish two files instead of one")]
    SecondRoot(String),
    /// The file ends too early. The line is that of the element.
    #[error("`{0}` is not closed: was the tool that writes the file stopped?")]
    Unclosed(String),
    /// Elements are too deep inside of each other.
    #[error(
        "elements are more than {MAX_DEPTH} deep inside of each other: is this the right file?"
    )]
    TooDeep,
    /// An attribute is there twice.
    #[error("`{element}` has two attributes `{attribute}`: remove one")]
    Duplicate {
        /// The element.
        element: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// A count is no number.
    #[error("`{attribute}` is `{value}`, expected a whole number")]
    Number {
        /// The attribute.
        attribute: &'static str,
        /// Its value.
        value: String,
    },
    /// More is covered than there is.
    #[error("{covered} {what} of {total} are covered: was the file put together from several?")]
    Surplus {
        /// `lines` or `branches`.
        what: &'static str,
        /// As many are covered.
        covered: u64,
        /// As many there are.
        total: u64,
    },
    /// The text breaks the rules of XML.
    #[error("this is not well-formed XML ({0}): was the file cut off or damaged?")]
    Malformed(String),
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}
