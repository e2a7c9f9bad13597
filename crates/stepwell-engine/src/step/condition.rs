//! When a step runs: its condition, and why it is false.

use crate::reason;
use crate::scope::clip;
use crate::variable::Variables;
use stepwell_event::StepResult;
use stepwell_expr::{Context, Expression, Standing, Value};

/// Bytes of a condition or a value in a reason.
const MAX_SHOWN: usize = 160;

/// Variables whose values are told.
const MAX_TOLD: usize = 3;

/// The variables of the job, looked up one by one, and its status.
struct Sight<'v> {
    variables: &'v Variables,
    standing: Standing,
}

impl Context for Sight<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        (name == "variables").then(|| self.variables.object().into())
    }

    fn entry(&self, name: &str, entry: &str) -> Option<Value> {
        let value = |value: &str| Value::from(value);
        (name == "variables").then(|| self.variables.get(entry).map_or(Value::Null, value))
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        self.standing
            .call(function, arguments)
            .map(Value::Boolean)
            .ok_or_else(|| format!("`{function}` is not available here"))
    }
}

/// Whether a condition holds in a job with this status, or why nobody knows.
pub(crate) fn holds(
    condition: &Expression,
    status: StepResult,
    variables: &Variables,
) -> Result<bool, String> {
    let sight = Sight {
        variables,
        standing: Standing::of_step(Some(status)),
    };
    match condition.evaluate(&sight) {
        Ok(value) => Ok(value.as_boolean()),
        Err(error) => Err(format!(
            "condition `{}` cannot be evaluated: {error}",
            shown(condition)
        )),
    }
}

/// Why a step is skipped whose condition is false, with what it looked at.
pub(crate) fn why_false(
    condition: &Expression,
    status: StepResult,
    variables: &Variables,
) -> String {
    let text = condition.text();
    let lower = text.to_ascii_lowercase();
    let asks_status = ["succeeded", "failed", "canceled"]
        .iter()
        .any(|name| lower.contains(name));
    let status = asks_status.then(|| reason::of_status(status).to_owned());
    let values = named_variables(text).into_iter().map(|name| {
        if variables.is_secret(name) {
            return format!("`{name}` is secret");
        }
        match variables.get(name) {
            Some(value) => format!("`{name}` is `{}`", clip(value.to_owned(), MAX_SHOWN)),
            None => format!("`{name}` is not set"),
        }
    });
    let facts: Vec<String> = status.into_iter().chain(values.take(MAX_TOLD)).collect();
    let told = if facts.is_empty() { "" } else { ": " };
    format!(
        "condition `{}` is false{told}{}",
        shown(condition),
        facts.join(", ")
    )
}

fn shown(condition: &Expression) -> String {
    clip(condition.text().to_owned(), MAX_SHOWN)
}

/// The variables that an expression names as `variables.name` or `variables['name']`, each once.
fn named_variables(text: &str) -> Vec<&str> {
    const VALUE: &str = "variables";
    let mut names: Vec<&str> = Vec::new();
    let mut rest = text;
    let mut before = None;
    while let Some(letter) = rest.chars().next() {
        let is_start = !before.is_some_and(|char| is_word(char) || char == '.');
        before = Some(letter);
        if letter == '\'' {
            // Out of the literal; a doubled quote in it opens another one at once.
            rest = rest
                .get(1..)
                .and_then(|rest| rest.split_once('\''))
                .map_or("", |(_, rest)| rest);
            continue;
        }
        let found = rest
            .split_at_checked(VALUE.len())
            .filter(|(word, _)| is_start && word.eq_ignore_ascii_case(VALUE))
            .and_then(|(_, after)| accessed(after.trim_start()));
        match found {
            Some((name, after)) => {
                if !names.contains(&name) {
                    names.push(name);
                }
                rest = after;
            }
            None => rest = rest.get(letter.len_utf8()..).unwrap_or_default(),
        }
    }
    names
}

/// The name that an access begins with, and what follows it.
fn accessed(access: &str) -> Option<(&str, &str)> {
    if let Some(name) = access.strip_prefix('.') {
        let name = name.trim_start();
        let end = name.find(|char| !is_word(char)).unwrap_or(name.len());
        return name
            .split_at_checked(end)
            .filter(|(name, _)| !name.is_empty());
    }
    let literal = access.strip_prefix('[')?.trim_start().strip_prefix('\'')?;
    literal.split_once('\'')
}

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::named_variables;

    #[test]
    fn variables_that_a_condition_names_are_found() {
        for (text, expect) in [
            ("succeeded()", &[][..]),
            ("eq(variables['a.b'], 'x')", &["a.b"]),
            ("eq(Variables.a, variables [ 'b' ])", &["a", "b"]),
            ("and(variables.a, variables.a)", &["a"]),
            ("eq('variables.no', 'it''s variables.no')", &[]),
            ("eq(my.variables.no, myvariables.no)", &[]),
            ("variables", &[]),
            ("variables['open", &[]),
            ("größe variables.é variables.x", &["x"]),
        ] {
            assert_eq!(named_variables(text), expect, "{text}");
        }
    }
}
