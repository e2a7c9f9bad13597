//! The variables of a run: the pipeline's with those of the command line on top.

use std::collections::HashMap;
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{Pair, name};

/// Lays the `command_line` over the variables of the pipeline: a variable of the same name without
/// regard to case gets the new value and keeps its name and place, others follow. The last of several
/// values counts.
pub(crate) fn overlay(
    pipeline: &[Pair],
    command_line: &[(String, String)],
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut places = HashMap::new();
    let own = pipeline
        .iter()
        .map(|pair| (&pair.name.value, &pair.value.value));
    let given = command_line.iter().map(|(name, value)| (name, value));
    for (name, value) in own.chain(given) {
        let place = *places.entry(name::fold(name)).or_insert(variables.len());
        match variables.get_mut(place) {
            Some((_, old)) => old.clone_from(value),
            None => variables.push((name.clone(), value.clone())),
        }
    }
    for (name, value) in command_line {
        if let Some(problem) = name::variable_problem(name) {
            let reserved = name::RESERVED_PREFIXES.join("`, `");
            problems.push(
                Diagnostic::error("invalid-name", format!("{problem}, on the command line"))
                    .help(format!("no variable begins with `{reserved}`")),
            );
        } else if value.contains('\0') {
            let message = format!("the value of variable `{name}` holds a NUL character");
            problems.push(Diagnostic::error("invalid-value", message));
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::overlay;
    use stepwell_spec::{Pair, Spanned};

    #[track_caller]
    fn check(pipeline: &[(&str, &str)], command_line: &[(&str, &str)], expect: &[(&str, &str)]) {
        let pairs: Vec<_> = pipeline
            .iter()
            .map(|(name, value)| Pair {
                name: Spanned::new((*name).to_owned(), 0..0),
                value: Spanned::new((*value).to_owned(), 0..0),
            })
            .collect();
        let given: Vec<_> = command_line
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut problems = Vec::new();
        let found = overlay(&pairs, &given, &mut problems);
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(found, expect);
        assert_eq!(problems, []);
    }

    #[test]
    fn a_variable_of_the_command_line_replaces_one_of_the_same_name() {
        check(
            &[("Greeting", "hello"), ("b", "2")],
            &[("GREETING", "hi")],
            &[("Greeting", "hi"), ("b", "2")],
        );
    }

    #[test]
    fn other_variables_of_the_command_line_follow_and_the_last_value_counts() {
        check(
            &[("a", "1")],
            &[("c", "3"), ("b", "2"), ("C", "4")],
            &[("a", "1"), ("c", "4"), ("b", "2")],
        );
    }

    #[test]
    fn a_reserved_name_on_the_command_line_is_an_error() {
        let mut problems = Vec::new();
        let given = [("SecretKey".to_owned(), "x".to_owned())];
        let _ = overlay(&[], &given, &mut problems);
        assert_eq!(
            problems[0].message,
            "variable `SecretKey` begins with the reserved word `secret`, on the command line"
        );
    }
}
