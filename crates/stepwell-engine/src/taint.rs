//! Whether the value of an expression gives away a secret.

use stepwell_expr::{Context, Expression, Kind, Value};

/// The value of an expression, and whether a secret is in it in any form. `blind` is the same
/// context with empty texts for secrets; there is none if the context has no secrets.
///
/// Whatever an expression does to a secret, its value would be another without it. Truth values and
/// numbers say too little of a secret to hide them, and are everywhere in a log.
pub(crate) fn value_of(
    expression: &Expression,
    context: &dyn Context,
    blind: Option<&dyn Context>,
) -> Result<(Value, bool), String> {
    let value = expression
        .evaluate(context)
        .map_err(|error| error.to_string())?;
    let Some(blind) = blind else {
        return Ok((value, false));
    };
    if matches!(value.kind(), Kind::Boolean | Kind::Number | Kind::Null) {
        return Ok((value, false));
    }
    let same = expression
        .evaluate(blind)
        .is_ok_and(|other| other.to_json() == value.to_json());
    Ok((value, !same))
}

/// The value of an expression as text, and whether a secret is in it.
pub(crate) fn text_of(
    expression: &Expression,
    context: &dyn Context,
    blind: Option<&dyn Context>,
) -> Result<(String, bool), String> {
    let (value, secret) = value_of(expression, context, blind)?;
    let text = value.as_text().map_err(|error| error.to_string())?;
    Ok((text.to_string(), secret))
}
