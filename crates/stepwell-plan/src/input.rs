//! What a step gives against what its task takes.

use crate::suggestion::suggestion;
use crate::{Invocation, ResolvedTask, TaskKind};
use std::collections::HashMap;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Description, InputSpec, InputType};
use stepwell_spec::{Arguments, Pair, Step};

/// How the step enters its task, with the defaults of inputs filled in.
pub(crate) fn invocation(
    step: &Step,
    task: &ResolvedTask,
    problems: &mut Vec<Diagnostic>,
) -> Invocation {
    match (&task.kind, &step.arguments) {
        (TaskKind::Task(description), Arguments::Inputs(inputs)) => Invocation::Task {
            inputs: bind(step, description, &inputs.value, problems),
        },
        (TaskKind::Task(description), Arguments::None) => Invocation::Task {
            inputs: bind(step, description, &[], problems),
        },
        (TaskKind::Task(description), Arguments::Args(args)) => {
            let message = format!("task `{}` takes inputs, not args", task.name);
            problems.push(
                Diagnostic::error("wrong-arguments", message)
                    .at(args.span.clone(), "args are for plain commands")
                    .help(accepted(description)),
            );
            Invocation::Task { inputs: Vec::new() }
        }
        (TaskKind::Command, Arguments::Args(args)) => Invocation::Command {
            args: args.value.clone(),
        },
        (TaskKind::Command, Arguments::None) => Invocation::Command { args: Vec::new() },
        (TaskKind::Command, Arguments::Inputs(inputs)) => {
            let message = format!(
                "task `{}` is a plain command and takes args, not inputs",
                task.name
            );
            problems.push(
                Diagnostic::error("wrong-arguments", message)
                    .at(inputs.span.clone(), "inputs are for typed tasks")
                    .help("write `args = [\"…\"]`"),
            );
            Invocation::Command { args: Vec::new() }
        }
    }
}

fn accepted(description: &Description) -> String {
    if description.inputs.is_empty() {
        return "the task takes no inputs".to_owned();
    }
    let names: Vec<_> = description
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    format!("inputs of the task: {}", names.join(", "))
}

/// All declared inputs that have a value, in the order of declaration.
fn bind(
    step: &Step,
    description: &Description,
    given: &[Pair],
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let task = &step.task.value;
    let mut values: HashMap<_, _> = given
        .iter()
        .map(|pair| (pair.name.value.as_str(), pair))
        .collect();
    let mut bound = Vec::new();
    for input in &description.inputs {
        if let Some(pair) = values.remove(input.name.as_str()) {
            check_value(input, pair, problems);
            bound.push((input.name.clone(), pair.value.value.clone()));
        } else if let Some(default) = &input.default {
            bound.push((input.name.clone(), default.clone()));
        } else if input.required && step.intact {
            let message = format!("task `{task}` needs input `{}`", input.name);
            problems.push(
                Diagnostic::error("missing-input", message)
                    .at(step.task.span.clone(), "is not given it")
                    .help(about(input)),
            );
        }
    }
    // What is left was asked for by nobody; the order is that of the file.
    for pair in given {
        let name = pair.name.value.as_str();
        if values.contains_key(name) {
            let names = description.inputs.iter().map(|input| input.name.as_str());
            let label = suggestion(problems, name, names, "not an input of this task");
            let message = format!("task `{task}` has no input `{name}`");
            problems.push(
                Diagnostic::error("unknown-input", message)
                    .at(pair.name.span.clone(), label)
                    .help(accepted(description)),
            );
        }
    }
    bound
}

fn about(input: &InputSpec) -> String {
    let kind = input.kind.as_str();
    match input.help.as_str() {
        "" => format!("`{}` ({kind})", input.name),
        help => format!("`{}` ({kind}): {help}", input.name),
    }
}

/// Checks a value that is known before the run: one without a macro.
fn check_value(input: &InputSpec, pair: &Pair, problems: &mut Vec<Diagnostic>) {
    let text = pair.value.value.as_str();
    if text.contains("$(") {
        return;
    }
    let name = &input.name;
    if !is_of_type(input.kind, text) {
        let wanted = wanted(input.kind);
        problems.push(
            Diagnostic::error("invalid-input", format!("input `{name}` must be {wanted}"))
                .at(pair.value.span.clone(), format!("not {wanted}"))
                .help(about(input)),
        );
        return;
    }
    if input.values.is_empty() {
        return;
    }
    let items: Vec<_> = match input.kind {
        InputType::List => text.lines().collect(),
        _ => vec![text],
    };
    let stranger = items
        .into_iter()
        .find(|item| !input.values.iter().any(|value| value == item));
    if let Some(stranger) = stranger {
        let values = || input.values.iter().map(String::as_str);
        let label = suggestion(problems, stranger, values(), "not an accepted value");
        let message = format!("input `{name}` cannot be {stranger:?}");
        problems.push(
            Diagnostic::error("invalid-input", message)
                .at(pair.value.span.clone(), label)
                .help(format!(
                    "accepted here: {}",
                    values().collect::<Vec<_>>().join(", ")
                )),
        );
    }
}

fn is_of_type(kind: InputType, text: &str) -> bool {
    match kind {
        InputType::String | InputType::List => true,
        InputType::Boolean => matches!(text, "true" | "false"),
        InputType::Number => is_decimal(text),
        InputType::Path => !text.is_empty() && !text.starts_with(['/', '\\']),
    }
}

fn wanted(kind: InputType) -> &'static str {
    match kind {
        InputType::String => "text",
        InputType::Boolean => "`true` or `false`",
        InputType::Number => "a decimal number",
        InputType::Path => "a path relative to the workspace",
        InputType::List => "lines of text",
    }
}

/// Digits with an optional sign and an optional fraction: what every language reads as a number.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}
