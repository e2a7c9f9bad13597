//! Steps: `[[jobs.NAME.steps]]`.

use crate::argument;
use crate::expression;
use crate::limit;
use crate::quantity;
use crate::reader::{Entry, Reader, Table};
use crate::seen::Seen;
use crate::{Arguments, Commands, Spanned, Step};
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::Names;

/// The most steps of a job: far more than anybody writes, few enough that the state of a run fits
/// into memory many times over.
const MAX_STEPS: usize = 10_000;

const COMMANDS: [(&str, Commands); 3] = [
    ("any", Commands::Any),
    ("restricted", Commands::Restricted),
    ("none", Commands::None),
];

/// Reads the steps of `what`, a job or the pipeline. Steps that are not enabled are checked as the
/// others are, so that enabling one breaks nothing, but they are not among what is read.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>, what: &str) -> Vec<Step> {
    let Some(tables) = reader.tables(entry, "a step") else {
        return Vec::new();
    };
    if tables.is_empty() && entry.is_empty_array() {
        reader.report(
            Diagnostic::error("no-steps", format!("{what} has no steps"))
                .at(entry.span(), "needs at least one step"),
        );
    }
    if let Some(extra) = tables.get(MAX_STEPS) {
        let message = format!(
            "{what} has {} steps, and {MAX_STEPS} is the most",
            tables.len()
        );
        reader.report(
            Diagnostic::error("too-many", message).at(extra.span(), "the first one too many"),
        );
        return Vec::new();
    }
    let mut names = Seen::new("step");
    tables
        .into_iter()
        .filter_map(|table| step(reader, table, &mut names))
        .collect()
}

fn step(reader: &mut Reader, mut table: Table<'_>, names: &mut Seen) -> Option<Step> {
    let name = table.take("name").and_then(|entry| {
        let name = reader.string(&entry)?;
        reader.name("step", &name)?;
        names.check(reader, &name);
        Some(name.value)
    });
    let display_name = table
        .take("display-name")
        .and_then(|entry| reader.line(&entry));
    let task = task(reader, &mut table);
    let problems = reader.errors();
    let arguments = argument::read(reader, &mut table);
    let readable = reader.errors() == problems;
    let env = table.take("env").map(|entry| argument::env(reader, &entry));
    let condition = expression::condition(reader, &mut table, &Names::STEP_CONDITION);
    let timeout = quantity::timeout(reader, &mut table);
    let fuel = limit::fuel(reader, &mut table);
    let continue_on_error = table
        .take("continue-on-error")
        .and_then(|entry| reader.boolean_or_word(&entry));
    let enabled = table
        .take("enabled")
        .and_then(|entry| reader.boolean(&entry));
    let retries = quantity::retries(reader, &mut table);
    let commands = table.take("commands").and_then(|entry| {
        let commands = reader.choice(&entry, &COMMANDS)?;
        Some(commands.value)
    });
    let settable_variables = table
        .take("settable-variables")
        .and_then(|entry| globs(reader, &entry));
    let problems = reader.errors();
    table.finish(reader, &[]);
    // An unknown key may be meant to be the inputs if there are none.
    let given = arguments != Arguments::None || reader.errors() == problems;
    let step = Step {
        name,
        display_name: display_name.map(|text| text.value),
        task: task?,
        arguments,
        intact: readable && given,
        env: env.unwrap_or_default(),
        condition,
        timeout,
        fuel,
        continue_on_error: continue_on_error.unwrap_or(false),
        retries: retries.unwrap_or(0),
        commands,
        settable_variables,
    };
    enabled.unwrap_or(true).then_some(step)
}

fn task(reader: &mut Reader, table: &mut Table<'_>) -> Option<Spanned<String>> {
    let task = table.take("task");
    if let Some(run) = table.take_later("run") {
        reader.report(
            Diagnostic::error("unsupported-key", "`run` is not supported by this version")
                .at(run.key.span, "needs the sandboxed shell")
                .help("the sandboxed shell comes with a later release")
                .help(
                    "a plain WASI command works as a task today: declare its `.wasm` file under \
                     `[tasks.NAME]` and write `task = \"NAME\"` with `args`",
                ),
        );
        return None;
    }
    let Some(entry) = task else {
        reader.report_missing(
            Diagnostic::error("missing-key", "a step needs a task")
                .at(table.span(), "`task` is missing")
                .help("name a declared or built-in task: `task = \"NAME\"`"),
        );
        return None;
    };
    let name = reader.string(&entry)?;
    if name.value.contains(['/', '\\']) || name.value.ends_with(".wasm") {
        reader.report(
            Diagnostic::error("invalid-name", "a step names its task, not a file")
                .at(name.span, "looks like a path")
                .help(format!(
                    "declare the file and use its name:\n\n[tasks.NAME]\nsource = {:?}",
                    name.value
                )),
        );
        return None;
    }
    reader.name("task", &name)?;
    Some(name)
}

/// Globs of names of variables. An empty array is what lets a step set none.
fn globs(reader: &mut Reader, entry: &Entry<'_>) -> Option<Vec<String>> {
    let globs = reader.strings(entry)?;
    for glob in &globs {
        if glob.value.trim().is_empty() {
            reader.report(
                Diagnostic::error("invalid-value", "an item of `settable-variables` is blank")
                    .at(glob.span.clone(), "no variable has this name")
                    .help("write names, or patterns such as `\"out.*\"`; `[]` is none"),
            );
        }
    }
    Some(globs.into_iter().map(|glob| glob.value).collect())
}
