//! What can be wrong with an expression.

use crate::conversion::ConversionError;
use crate::value::Kind;
use crate::{MAX_DEPTH, MAX_LENGTH, MAX_RESULT_BYTES, MAX_WORK_BYTES};
use std::error::Error;
use std::fmt;
use std::ops::Range;

/// The most letters of an expression that a message repeats.
const MAX_SHOWN: usize = 160;

/// The kinds of parse errors of Azure Pipelines' expression language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParseErrorKind {
    /// More than 49 functions and indexers inside of each other.
    ExceededMaxDepth,
    /// More than 21 000 characters.
    ExceededMaxLength,
    /// Nothing follows a `.`.
    ExpectedPropertyName,
    /// No `(` follows the name of a function.
    ExpectedStartParameter,
    /// A function has no `)`.
    UnclosedFunction,
    /// An indexer has no `]`.
    UnclosedIndexer,
    /// Something that is well-formed, but not here. Too many arguments are reported at the `,`, too
    /// few at the `)`.
    UnexpectedSymbol,
    /// A malformed number, version, string or name, or a name that does not exist here.
    UnrecognizedValue,
}

impl ParseErrorKind {
    /// The kind's name, as Azure Pipelines' expression language has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ExceededMaxDepth => "ExceededMaxDepth",
            Self::ExceededMaxLength => "ExceededMaxLength",
            Self::ExpectedPropertyName => "ExpectedPropertyName",
            Self::ExpectedStartParameter => "ExpectedStartParameter",
            Self::UnclosedFunction => "UnclosedFunction",
            Self::UnclosedIndexer => "UnclosedIndexer",
            Self::UnexpectedSymbol => "UnexpectedSymbol",
            Self::UnrecognizedValue => "UnrecognizedValue",
        }
    }
}

/// What an unrecognized value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookalike {
    Function,
    NamedValue,
    Value,
}

/// A text that is not an expression.
///
/// Its message has the shape that Azure Pipelines gives it:
/// `Unexpected symbol: ','. Located at position 8 within expression: not(1, 2)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    kind: ParseErrorKind,
    lookalike: Lookalike,
    token: Option<String>,
    span: Range<usize>,
    position: usize,
    excerpt: String,
    suggestion: Option<String>,
}

impl ParseError {
    /// An error about the part `span` of `text`.
    pub(crate) fn new(kind: ParseErrorKind, text: &str, span: Range<usize>) -> Self {
        use ParseErrorKind::{ExceededMaxDepth, ExceededMaxLength};
        let before = text.get(..span.start).unwrap_or_default();
        let token = match kind {
            ExceededMaxDepth | ExceededMaxLength => None,
            _ => text.get(span.clone()).map(str::to_owned),
        };
        Self {
            kind,
            lookalike: Lookalike::Value,
            token,
            position: before.chars().count() + 1,
            excerpt: excerpt(text, before.chars().count()),
            span,
            suggestion: None,
        }
    }

    pub(crate) fn looks_like(mut self, lookalike: Lookalike, suggestion: Option<String>) -> Self {
        self.lookalike = lookalike;
        self.suggestion = suggestion;
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// The text that is wrong; `None` if it is the whole expression.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Where the token starts: its number among the characters of the expression, the first being 1.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The bytes of the expression that are wrong.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// A name that was probably meant.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

/// The expression, or the part of it around a letter.
fn excerpt(text: &str, letter: usize) -> String {
    let first = letter.saturating_sub(MAX_SHOWN / 2);
    let mut rest = text.chars().skip(first);
    let mut shown = String::from(if first > 0 { "…" } else { "" });
    shown.extend(rest.by_ref().take(MAX_SHOWN));
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.lookalike) {
            (ParseErrorKind::ExceededMaxDepth, _) => {
                return write!(f, "Exceeded max expression depth {MAX_DEPTH}");
            }
            (ParseErrorKind::ExceededMaxLength, _) => {
                return write!(f, "Exceeded max expression length {MAX_LENGTH}");
            }
            (ParseErrorKind::ExpectedPropertyName, _) => {
                f.write_str("Expected property name after")
            }
            (ParseErrorKind::ExpectedStartParameter, _) => {
                f.write_str("Expected '(' after function")
            }
            (ParseErrorKind::UnclosedFunction, _) => f.write_str("Unclosed function"),
            (ParseErrorKind::UnclosedIndexer, _) => f.write_str("Unclosed indexer"),
            (ParseErrorKind::UnexpectedSymbol, _) => f.write_str("Unexpected symbol"),
            (_, Lookalike::Function) => f.write_str("Unrecognized function"),
            (_, Lookalike::NamedValue) => f.write_str("Unrecognized named-value"),
            (_, Lookalike::Value) => f.write_str("Unrecognized value"),
        }?;
        let token = self.token.as_deref().unwrap_or_default();
        let token = excerpt(token, 0);
        let (position, excerpt) = (self.position, &self.excerpt);
        write!(
            f,
            ": '{token}'. Located at position {position} within expression: {excerpt}"
        )
    }
}

impl Error for ParseError {}

/// What can go wrong while an expression is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationErrorKind {
    /// A value is not of the kind that is needed and cannot be converted.
    Conversion(ConversionError),
    /// `length` of something that has none.
    NoLength(Kind),
    /// The text given to `format` is malformed or does not fit its arguments.
    Format(String),
    /// A function makes more text than a value may have.
    TooLarge,
    /// The functions of the expression look at more text than one evaluation may.
    TooMuchWork,
    /// A value that is nested too deeply to be shown.
    TooDeep,
    /// A function of the context failed.
    Call(String),
}

impl fmt::Display for EvaluationErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversion(error) => error.fmt(f),
            Self::NoLength(kind) => write!(f, "cannot take the length of {kind}"),
            Self::Format(message) | Self::Call(message) => f.write_str(message),
            Self::TooLarge => {
                write!(
                    f,
                    "the result is larger than {} MiB",
                    MAX_RESULT_BYTES >> 20
                )
            }
            Self::TooMuchWork => write!(
                f,
                "the expression works on more than {} MiB of text",
                MAX_WORK_BYTES >> 20
            ),
            Self::TooDeep => f.write_str("the value is nested too deeply"),
        }
    }
}

impl From<ConversionError> for EvaluationErrorKind {
    fn from(error: ConversionError) -> Self {
        Self::Conversion(error)
    }
}

/// An expression that cannot be evaluated with the values it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationError {
    pub(crate) kind: EvaluationErrorKind,
    pub(crate) function: String,
    pub(crate) argument: Option<usize>,
    pub(crate) span: Range<usize>,
}

impl EvaluationError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &EvaluationErrorKind {
        &self.kind
    }

    /// The name of the function or access that failed.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The number of the argument that is to blame, the first being 1.
    #[must_use]
    pub fn argument(&self) -> Option<usize> {
        self.argument
    }

    /// The bytes of the expression that name the function.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = &self.function;
        match self.argument {
            Some(number) => write!(f, "argument {number} of `{function}`: {}", self.kind),
            None => write!(f, "`{function}`: {}", self.kind),
        }
    }
}

impl Error for EvaluationError {}
