//! Declared parameters and the values that somebody gives them.

use super::conversion::Origins;
use super::declaration::Declaration;
use super::parameter;
use super::part::Include;
use super::problem::Problems;
use crate::MAX_FILE_BYTES;
use crate::name::{did_you_mean, fold};
use crate::tree::Member;
use std::collections::HashMap;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Object, Value};

/// Gives the parameters of a file their values.
pub(crate) struct Binding<'b> {
    pub(crate) declared: &'b [Declaration],
    pub(crate) problems: &'b mut Problems,
    pub(crate) origins: &'b mut Origins,
    /// Whether nothing is missing only because something else is broken.
    pub(crate) complete: bool,
}

impl<'b> Binding<'b> {
    /// The parameters of a template, from an entry that includes it.
    pub(crate) fn of_entry(mut self, given: &[Member], include: &Include) -> Option<Object> {
        // `None` is a value that was refused.
        let mut values: HashMap<String, Option<Value>> = HashMap::new();
        let mut intact = true;
        for member in given {
            let (key, node) = (&member.key, &member.value);
            let Some(declaration) = self.find(&key.value) else {
                intact = false;
                let problem = self.unexpected(&key.value, Some(key.span.clone()));
                self.problems.report(problem);
                continue;
            };
            let result = parameter::of_node(declaration.kind, node, self.origins, self.problems);
            let problem = match result {
                Ok(value) => match declaration.refused(&value) {
                    None => {
                        values.insert(fold(&key.value), Some(value));
                        continue;
                    }
                    Some(problem) => problem
                        .at(
                            node.span.clone(),
                            declaration.near(&value, "not one of its values"),
                        )
                        .help(declaration.accepted()),
                },
                Err(expected) => {
                    let what = format!("parameter `{}`", key.value);
                    parameter::mistyped(&what, node, expected)
                        .at(declaration.span(), "declared here")
                }
            };
            values.insert(fold(&key.value), None);
            self.problems.report(problem);
        }
        let values = self.fill(values, Some(include))?;
        intact.then_some(values)
    }

    /// The parameters of a pipeline, from a command line.
    pub(crate) fn of_command_line(mut self, given: &[(String, String)]) -> Option<Object> {
        // `None` is a value that was refused.
        let mut values: HashMap<String, Option<Value>> = HashMap::new();
        let mut intact = true;
        for (name, text) in given {
            let Some(declaration) = self.find(name) else {
                intact = false;
                if self.complete {
                    let problem = self.unexpected(name, None);
                    self.problems.report(problem);
                }
                continue;
            };
            let result = match text.len() > MAX_FILE_BYTES {
                true => Err("smaller"),
                false => parameter::of_text(declaration.kind, text),
            };
            let problem = match result {
                Ok(value) => match declaration.refused(&value) {
                    None => {
                        values.insert(fold(name), Some(value));
                        continue;
                    }
                    Some(problem) => {
                        let near = Some(declaration.near(&value, ""));
                        let near = near.filter(|near| !near.is_empty());
                        let problem = near.into_iter().fold(problem, Diagnostic::help);
                        problem.help(declaration.accepted())
                    }
                },
                Err(expected) => {
                    let message =
                        format!("parameter `{name}` must be {expected}, not {}", cut(text));
                    Diagnostic::error("wrong-type", message)
                }
            };
            values.insert(fold(name), None);
            self.problems.report(problem);
        }
        let values = self.fill(values, None)?;
        intact.then_some(values)
    }

    fn find(&self, name: &str) -> Option<&'b Declaration> {
        let name = fold(name);
        self.declared
            .iter()
            .find(|one| fold(&one.name.value) == name)
    }

    fn unexpected(&self, name: &str, span: Option<Range<usize>>) -> Diagnostic {
        let names = self.declared.iter().map(|one| one.name.value.as_str());
        let problem = Diagnostic::error(
            "unexpected-parameter",
            format!("unexpected parameter '{name}'"),
        );
        let problem = match span {
            Some(span) => problem.at(span, did_you_mean(name, names.clone(), "not declared")),
            None => {
                let near = Some(did_you_mean(name, names.clone(), ""));
                let near = near.filter(|near| !near.is_empty());
                near.into_iter().fold(problem, Diagnostic::help)
            }
        };
        let mut names: Vec<_> = names.collect();
        names.truncate(12);
        match names.is_empty() {
            true => problem.help("the file has no parameters"),
            false => problem.help(format!("it has: {}", names.join(", "))),
        }
    }

    /// The values with defaults where nothing is given.
    fn fill(
        &mut self,
        mut given: HashMap<String, Option<Value>>,
        include: Option<&Include>,
    ) -> Option<Object> {
        let mut values = Object::default();
        let mut intact = true;
        for declaration in self.declared {
            let name = &declaration.name.value;
            let value = match given.remove(&fold(name)) {
                Some(value) => value,
                None if declaration.default.is_some() => declaration.default.clone(),
                None => {
                    if self.complete && declaration.intact {
                        self.problems.report(required(declaration, include));
                    }
                    None
                }
            };
            match value {
                Some(value) => values.insert(name, value),
                None => intact = false,
            }
        }
        intact.then_some(values)
    }
}

fn required(declaration: &Declaration, include: Option<&Include>) -> Diagnostic {
    let name = &declaration.name.value;
    let message = format!("a value for the '{name}' parameter must be provided");
    let problem = Diagnostic::error("missing-parameter", message);
    match include {
        Some(include) => problem
            .at(include.span.clone(), format!("`{name}` is missing"))
            .at(declaration.span(), "declared here, without a default"),
        None => problem
            .at(declaration.span(), "has no default")
            .help(format!("give it: `--param {name}=…`")),
    }
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
