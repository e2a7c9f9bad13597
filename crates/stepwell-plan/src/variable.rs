//! The variables that a run, a stage and a job start with.
//!
//! Those of the command line lie on top of the pipeline's own. Azure Pipelines has it the other way
//! round, where a file that gives a value makes the one given for a run useless; here what somebody
//! says for this one run is what counts. Nearer scopes still win over both.

use crate::{PlannedVariable, Request};
use std::collections::HashMap;
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{Variable, VariableValue, name};

/// The variables that a stage or a job adds.
pub(crate) fn planned(variables: &[Variable]) -> Vec<PlannedVariable> {
    variables
        .iter()
        .map(|variable| PlannedVariable {
            name: variable.name.value.clone(),
            value: variable.value.value.clone(),
            read_only: variable.read_only,
            secret: false,
        })
        .collect()
}

/// The variables of the run: a variable of the command line with the name of one of the pipeline, in
/// any case, replaces its value and keeps its name and place; others follow. The last of several values
/// counts. What was given for this run is read-only, as in Azure Pipelines, and a secret stays one.
pub(crate) fn overlay(
    pipeline: &[Variable],
    request: &Request<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<PlannedVariable> {
    let mut variables = planned(pipeline);
    let mut places: HashMap<_, _> = (0..)
        .zip(&variables)
        .map(|(place, variable)| (name::fold(&variable.name), place))
        .collect();
    let plain = request.variables.iter().map(|given| (given, false));
    let secrets = request.secrets.iter().map(|given| (given, true));
    for ((name, value), secret) in plain.chain(secrets) {
        if !is_usable(name, value, secret, problems) {
            continue;
        }
        let value = VariableValue::Text(value.clone());
        let place = *places.entry(name::fold(name)).or_insert(variables.len());
        match variables.get_mut(place) {
            Some(old) => {
                old.value = value;
                old.read_only = true;
                old.secret |= secret;
            }
            None => variables.push(PlannedVariable {
                name: name.clone(),
                value,
                read_only: true,
                secret,
            }),
        }
    }
    variables
}

/// Reports what keeps a variable of the command line from being one.
fn is_usable(name: &str, value: &str, secret: bool, problems: &mut Vec<Diagnostic>) -> bool {
    let what = match secret {
        true => "secret",
        false => "variable",
    };
    let problem = if name::is_system_variable(name) {
        let message = format!("{what} `{name}` is set by the system");
        Diagnostic::warning("ignored-variable", message)
            .help("the value from the command line is ignored; choose another name")
    } else if let Some(problem) = name::variable_problem(name) {
        let reserved = name::RESERVED_PREFIXES.join("`, `");
        Diagnostic::error("invalid-name", format!("{problem}, on the command line"))
            .help(format!("no variable begins with `{reserved}`"))
    } else if value.contains('\0') {
        let message = format!("the value of {what} `{name}` holds a NUL character");
        Diagnostic::error("invalid-value", message)
    } else {
        return true;
    };
    problems.push(problem);
    false
}
