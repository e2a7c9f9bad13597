//! What a job demands of its agent: `"name"`, `"name -equals value"`.

use crate::name::did_you_mean;
use crate::reader::{Entry, Reader};
use crate::{Demand, Spanned};
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::Version;

const EQUALS: &str = "-equals";

/// As in Azure Pipelines, only the agent's own version can be asked for in this way.
const GREATER: &str = "-gtVersion";
const VERSION: &str = "Agent.Version";

const FORM: &str = "write `name` for a capability that must be there, or `name -equals value`";

/// Reads `demands`: one, or an array of them.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Spanned<Demand>> {
    let texts = reader.string_or_strings(entry).unwrap_or_default();
    let mut demands = Vec::with_capacity(texts.len());
    for text in texts {
        match parse(&text.value) {
            Ok(demand) => demands.push(Spanned::new(demand, text.span)),
            Err(problem) => {
                let message = format!("{:?} is not a demand", text.value);
                reader.report(
                    Diagnostic::error("invalid-demand", message)
                        .at(text.span, problem.label)
                        .help(problem.hint),
                );
            }
        }
    }
    demands
}

struct Problem {
    label: String,
    hint: String,
}

fn problem(label: impl Into<String>) -> Problem {
    Problem {
        label: label.into(),
        hint: FORM.to_owned(),
    }
}

fn parse(text: &str) -> Result<Demand, Problem> {
    let (name, rest) = word(text.trim());
    if name.is_empty() {
        return Err(problem("this is blank"));
    }
    let mut demand = Demand {
        name: name.to_owned(),
        value: None,
        at_least: false,
    };
    if rest.is_empty() {
        return Ok(demand);
    }
    let (operator, value) = word(rest);
    if !operator.starts_with('-') {
        return Err(problem(format!("`{EQUALS}` must follow the name `{name}`")));
    }
    demand.at_least = operator.eq_ignore_ascii_case(GREATER);
    if !demand.at_least && !operator.eq_ignore_ascii_case(EQUALS) {
        let none = format!("there is no operator `{operator}`");
        return Err(problem(did_you_mean(operator, [EQUALS, GREATER], &none)));
    }
    if value.is_empty() {
        return Err(problem(format!("a value must follow `{operator}`")));
    }
    if demand.at_least && !name.eq_ignore_ascii_case(VERSION) {
        let label = format!("`{GREATER}` is for `{VERSION}` only");
        return Err(problem(label));
    }
    if demand.at_least && Version::parse(value).is_none() {
        return Err(Problem {
            label: format!("`{value}` is not a version"),
            hint: format!("a version has two to four numbers: `{VERSION} {GREATER} 2.1`"),
        });
    }
    demand.value = Some(value.to_owned());
    Ok(demand)
}

/// The first word of `text`, and what follows the blanks after it.
fn word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn check(text: &str, name: &str, value: Option<&str>, at_least: bool) {
        let demand = parse(text).ok().unwrap();
        assert_eq!(demand.name, name);
        assert_eq!(demand.value.as_deref(), value);
        assert_eq!(demand.at_least, at_least);
    }

    #[track_caller]
    fn check_error(text: &str, label: &str) {
        assert_eq!(parse(text).err().unwrap().label, label, "{text:?}");
    }

    #[test]
    fn a_demand_is_a_name_or_a_name_with_its_value() {
        check("java", "java", None, false);
        check("Agent.OS -equals Linux", "Agent.OS", Some("Linux"), false);
        check(" a  -EQUALS\tb c ", "a", Some("b c"), false);
        check("-x", "-x", None, false);
        check(
            "agent.version -gtVersion 2.163.1",
            "agent.version",
            Some("2.163.1"),
            true,
        );
    }

    #[test]
    fn other_texts_say_what_is_wrong() {
        check_error(" ", "this is blank");
        check_error("java 17", "`-equals` must follow the name `java`");
        check_error("java -equals", "a value must follow `-equals`");
        check_error("java -equal 17", "did you mean `-equals`?");
        check_error("java -contains 17", "there is no operator `-contains`");
        check_error(
            "java -gtVersion 17.0",
            "`-gtVersion` is for `Agent.Version` only",
        );
        check_error("Agent.Version -gtVersion new", "`new` is not a version");
    }
}
