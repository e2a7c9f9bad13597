//! Expressions where they stand in the file: conditions and `$[ … ]`.

use crate::Spanned;
use crate::reader::{Reader, Table};
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Expression, Names, ParseError, ParseErrorKind, runtime_expression};

/// The bytes before the expression in `$[ … ]`.
const RUNTIME_START: usize = "$[".len();

/// The key `condition`; the default one if it is missing or broken.
///
/// A boolean or a number is a condition too: a template may have put it there.
pub(crate) fn condition(
    reader: &mut Reader,
    table: &mut Table<'_>,
    names: &Names<'_>,
) -> Expression {
    let text = table
        .take("condition")
        .and_then(|entry| reader.text(&entry));
    let Some(text) = text else {
        return Expression::default();
    };
    if let Some(inner) = runtime_expression(text.value.trim()) {
        reader.report(
            Diagnostic::error("invalid-expression", "a condition has no `$[ ]` around it")
                .at(text.span, "written as the value of a variable is")
                .help(format!("write `condition = {:?}`", inner.trim())),
        );
        return Expression::default();
    }
    match Expression::condition(&text.value, names) {
        Ok(condition) => condition,
        Err(error) => {
            report(reader, "the condition", &text, 0, &error, names);
            Expression::default()
        }
    }
}

/// The expression `inner` of `text`, which is `inner` in `$[ ]`. To people it is `what`.
pub(crate) fn runtime(
    reader: &mut Reader,
    what: &str,
    text: &Spanned<String>,
    inner: &str,
    names: &Names<'_>,
) -> Option<Expression> {
    let start = RUNTIME_START + inner.len() - inner.trim_start().len();
    match Expression::parse(inner.trim(), names) {
        Ok(expression) => Some(expression),
        Err(error) => {
            report(reader, what, text, start, &error, names);
            None
        }
    }
}

/// Reports an error in the expression that starts at byte `start` of `text`.
fn report(
    reader: &mut Reader,
    what: &str,
    text: &Spanned<String>,
    start: usize,
    error: &ParseError,
    names: &Names<'_>,
) {
    let span = error.span();
    let place = place(text, start + span.start..start + span.end);
    let message = format!("{what} is not an expression: {error}");
    let problem = Diagnostic::error("invalid-expression", message);
    let problem = match error.suggestion() {
        Some(near) => problem.at(place, format!("did you mean `{near}`?")),
        None => problem.at(place, label(error)),
    };
    let problem = match hint(error, names) {
        Some(hint) => problem.help(hint),
        None => problem,
    };
    reader.report(problem);
}

/// Where `part` of `text` stands in the file.
///
/// It is known if what stands there is the text with a quote on each side: an escape, an expression
/// that a template has replaced, or longer quotes would make more of it. Else it is the whole text.
fn place(text: &Spanned<String>, part: Range<usize>) -> Range<usize> {
    let start = text.span.start + 1;
    match text.span.len() == text.value.len() + 2 && part.end <= text.value.len() {
        true => start + part.start..start + part.end,
        false => text.span.clone(),
    }
}

fn label(error: &ParseError) -> &'static str {
    let first = error.token().and_then(|token| token.chars().next());
    match (error.kind(), first) {
        (ParseErrorKind::ExceededMaxDepth | ParseErrorKind::ExceededMaxLength, _) => "",
        (ParseErrorKind::ExpectedPropertyName, _) => "the name of a property must follow",
        (ParseErrorKind::ExpectedStartParameter, _) => "`(` must follow",
        (ParseErrorKind::UnclosedFunction, _) => "its `)` is missing",
        (ParseErrorKind::UnclosedIndexer, _) => "its `]` is missing",
        (ParseErrorKind::UnexpectedSymbol, _) => "not expected here",
        (ParseErrorKind::UnrecognizedValue, Some('\'')) => "its closing `'` is missing",
        (ParseErrorKind::UnrecognizedValue, Some('"')) => "a text stands in single quotes",
        (ParseErrorKind::UnrecognizedValue, Some('0'..='9' | '-' | '.')) => {
            "neither a number nor a version"
        }
        (ParseErrorKind::UnrecognizedValue, _) => "not known here",
    }
}

/// What to do about it, unless that is said already.
fn hint(error: &ParseError, names: &Names<'_>) -> Option<String> {
    let word = error
        .token()
        .is_some_and(|token| token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
    match error.kind() {
        ParseErrorKind::ExceededMaxDepth | ParseErrorKind::ExceededMaxLength => {
            Some("give parts of it to variables of their own".to_owned())
        }
        ParseErrorKind::UnrecognizedValue if word && error.suggestion().is_none() => {
            let values = names.values.iter().map(|value| format!("`{value}`"));
            let functions = names.functions.iter().map(|f| format!("`{}()`", f.name));
            let known: Vec<_> = values.chain(functions).collect();
            Some(format!(
                "known here: {}, and the functions of the language, such as `eq()` and `and()`; \
                 a text stands in single quotes",
                known.join(", ")
            ))
        }
        _ => None,
    }
}
