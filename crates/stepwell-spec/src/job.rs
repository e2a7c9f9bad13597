//! Jobs and their steps.

use crate::name::did_you_mean;
use crate::pipeline::{Seen, pair};
use crate::reader::{Entry, Reader, Table};
use crate::{Arguments, Condition, Job, Pair, Spanned, Step, duration};
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;

/// The most steps of a job: far more than anybody writes, few enough that the state of a run fits
/// into memory many times over.
const MAX_STEPS: usize = 10_000;

/// The longest timeout. A step that may take longer is better off without one.
const MAX_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Keys of a job that a later version reads.
const JOB_LATER: [&str; 8] = [
    "cancel-timeout",
    "continue-on-error",
    "demands",
    "matrix",
    "max-parallel",
    "stage",
    "timeout",
    "variables",
];

/// Keys of a step that a later version reads.
const STEP_LATER: [&str; 2] = ["cancel-timeout", "commands"];

/// Reads one job. Something is there even if it is broken: other jobs may depend on it.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Job {
    let mut job = Job {
        name: Spanned::new(entry.key.value.to_owned(), entry.key.span.clone()),
        depends_on: Vec::new(),
        condition: Condition::default(),
        steps: Vec::new(),
    };
    // What is wrong with the name was reported, and the rest can be told without a right one.
    let _: Option<()> = reader.name("job", &entry.key);
    let Some(mut table) = reader.table(entry, "a job") else {
        return job;
    };
    let depends_on = table
        .take("depends-on")
        .and_then(|entry| match entry.is_array() {
            true => reader.strings(&entry),
            false => reader.string(&entry).map(|name| vec![name]),
        });
    job.depends_on = depends_on.unwrap_or_default();
    job.condition = condition(reader, &mut table);
    job.steps = match table.take("steps") {
        Some(steps_entry) => {
            let what = format!("job `{}`", entry.key.value);
            steps(reader, &steps_entry, &what)
        }
        None => {
            let message = format!("job `{}` has no steps", entry.key.value);
            reader.report_missing(
                Diagnostic::error("no-steps", message)
                    .at(entry.key.span.clone(), "needs at least one step")
                    .help(format!(
                        "add a step:\n\n[[jobs.{}.steps]]\ntask = \"NAME\"",
                        entry.key.value
                    )),
            );
            Vec::new()
        }
    };
    table.finish(reader, &JOB_LATER);
    job
}

/// Reads the steps of `what`, a job or the pipeline.
pub(crate) fn steps(reader: &mut Reader, entry: &Entry<'_>, what: &str) -> Vec<Step> {
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
    let problems = reader.count();
    let arguments = arguments(reader, &mut table);
    let readable = reader.count() == problems;
    let env = table.take("env").map(|entry| env(reader, &entry));
    let condition = condition(reader, &mut table);
    let timeout = table
        .take("timeout")
        .and_then(|entry| timeout(reader, &entry));
    let continue_on_error = table
        .take("continue-on-error")
        .and_then(|entry| reader.boolean(&entry));
    let problems = reader.count();
    table.finish(reader, &STEP_LATER);
    // An unknown key may be meant to be the inputs if there are none.
    let given = arguments != Arguments::None || reader.count() == problems;
    Some(Step {
        name,
        display_name: display_name.map(|text| text.value),
        task: task?,
        arguments,
        intact: readable && given,
        env: env.unwrap_or_default(),
        condition,
        timeout,
        continue_on_error: continue_on_error.unwrap_or(false),
    })
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

fn arguments(reader: &mut Reader, table: &mut Table<'_>) -> Arguments {
    let inputs = table.take("inputs");
    let args = table.take("args");
    if let (Some(inputs), Some(args)) = (&inputs, &args) {
        reader.report(
            Diagnostic::error("conflicting-keys", "a step has either inputs or args")
                .at(args.key.span.clone(), "args are for plain commands")
                .at(inputs.key.span.clone(), "inputs are for typed tasks"),
        );
        return Arguments::None;
    }
    let inputs = inputs.map(|entry| Spanned::new(pairs(reader, &entry), entry.key.span));
    let args = args.map(|entry| {
        let args = reader.strings(&entry).unwrap_or_default();
        let args = args.into_iter().map(|arg| arg.value).collect();
        Spanned::new(args, entry.key.span)
    });
    match (inputs, args) {
        (Some(inputs), _) => Arguments::Inputs(inputs),
        (None, Some(args)) => Arguments::Args(args),
        (None, None) => Arguments::None,
    }
}

fn pairs(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Pair> {
    let Some(table) = reader.table(entry, "the inputs") else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for entry in table.entries() {
        if entry.is_array() {
            pairs.extend(lines(reader, &entry));
        } else {
            pairs.extend(pair(reader, &entry));
        }
    }
    pairs
}

/// An array of strings as lines of text.
fn lines(reader: &mut Reader, entry: &Entry<'_>) -> Option<Pair> {
    let items = reader.strings(entry)?;
    if let Some(broken) = items.iter().find(|item| item.value.contains('\n')) {
        let message = format!("an item of `{}` holds a line break", entry.key.value);
        reader.report(
            Diagnostic::error("invalid-value", message)
                .at(broken.span.clone(), "the task would see several items"),
        );
    }
    let items: Vec<_> = items.into_iter().map(|item| item.value).collect();
    Some(Pair {
        name: Spanned::new(entry.key.value.to_owned(), entry.key.span.clone()),
        value: Spanned::new(items.join("\n"), entry.span()),
    })
}

fn env(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Pair> {
    let Some(table) = reader.table(entry, "the environment") else {
        return Vec::new();
    };
    let mut env = Vec::new();
    for entry in table.entries() {
        let name = entry.key.value;
        if name.is_empty() || name.contains(['=', '\0']) {
            reader.report(
                Diagnostic::error(
                    "invalid-name",
                    format!("{name:?} cannot name an environment variable"),
                )
                .at(entry.key.span.clone(), "empty, or holds `=` or NUL"),
            );
        }
        env.extend(pair(reader, &entry));
    }
    env
}

fn condition(reader: &mut Reader, table: &mut Table<'_>) -> Condition {
    let Some(entry) = table.take("condition") else {
        return Condition::default();
    };
    let Some(text) = reader.string(&entry) else {
        return Condition::default();
    };
    Condition::parse(&text.value).unwrap_or_else(|| {
        let names = Condition::ALL.map(|(name, _)| name);
        let label = did_you_mean(text.value.trim(), names, "not supported by this version");
        reader.report(
            Diagnostic::error(
                "invalid-value",
                "a condition is one of the status functions",
            )
            .at(text.span, label)
            .help(format!("accepted here: {}", names.join(", "))),
        );
        Condition::default()
    })
}

fn timeout(reader: &mut Reader, entry: &Entry<'_>) -> Option<Duration> {
    let text = reader.string(entry)?;
    let problem = match duration::parse(&text.value) {
        Ok(Duration::ZERO) => Diagnostic::error("out-of-range", "`timeout` must be more than zero")
            .at(text.span, "no time at all")
            .help("leave `timeout` out for a step without a limit"),
        Ok(value) if value > MAX_TIMEOUT => {
            let most = duration::format(MAX_TIMEOUT);
            Diagnostic::error("out-of-range", format!("`timeout` must be at most {most}"))
                .at(text.span, format!("more than {most}"))
                .help("leave `timeout` out for a step without a limit")
        }
        Ok(value) => return Some(value),
        Err(error) => Diagnostic::error("invalid-value", "`timeout` must be a duration")
            .at(text.span, error.message)
            .help(error.hint),
    };
    reader.report(problem);
    None
}
