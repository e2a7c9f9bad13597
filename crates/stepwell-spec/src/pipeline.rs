//! The top of the file: name, variables, tasks, and jobs.

use crate::job;
use crate::name;
use crate::reader::{Entry, Reader, Table};
use crate::task;
use crate::{Condition, Job, Pair, Pipeline, Spanned};
use std::collections::HashMap;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use toml::de::DeTable;

/// The name of a pipeline that gives none.
const DEFAULT_NAME: &str = "pipeline";

/// The name of the job that holds the steps at the top of a file.
const ONLY_JOB: &str = "main";

/// The most jobs of a pipeline. Each takes a place in every view of a run; a person's pipeline has
/// dozens.
const MAX_JOBS: usize = 1_000;

/// Keys that a later version reads.
const LATER: [&str; 4] = ["parameters", "run-number", "secrets", "stages"];

const MINIMAL: &str = "a pipeline has at least one step:\n\n\
    [tasks.hello]\n\
    source = \"hello.wasm\"\n\n\
    [[steps]]\n\
    task = \"hello\"";

/// Reads the whole file.
pub(crate) fn read<'t>(reader: &mut Reader, root: &'t DeTable<'t>, text: &str) -> Pipeline {
    let mut table = Table::root(root);
    let name = table.take("name").and_then(|entry| reader.line(&entry));
    let variables = table
        .take("variables")
        .map(|entry| variables(reader, &entry));
    let tasks = table.take("tasks").map(|entry| task::read(reader, &entry));
    let jobs = table.take("jobs");
    let steps = table.take("steps");
    table.finish(reader, &LATER);

    let jobs = match (jobs, steps) {
        (Some(jobs), Some(steps)) => {
            reader.report(
                Diagnostic::error("conflicting-keys", "a pipeline has either jobs or steps")
                    .at(steps.key.span, "steps at the top are one job of their own")
                    .at(jobs.key.span, "and here are jobs")
                    .help("move the steps into a job: `[[jobs.NAME.steps]]`"),
            );
            Vec::new()
        }
        (Some(entry), None) => read_jobs(reader, &entry),
        (None, Some(entry)) => vec![Job {
            name: Spanned::new(ONLY_JOB.to_owned(), entry.key.span.clone()),
            depends_on: Vec::new(),
            condition: Condition::default(),
            steps: job::steps(reader, &entry, "the pipeline"),
        }],
        (None, None) => {
            let message = match text.trim().is_empty() {
                true => "the file is empty",
                false => "the pipeline has no steps",
            };
            reader.report_missing(Diagnostic::error("no-steps", message).help(MINIMAL));
            Vec::new()
        }
    };
    Pipeline {
        name: name.map_or_else(|| DEFAULT_NAME.to_owned(), |name| name.value),
        variables: variables.unwrap_or_default(),
        tasks: tasks.unwrap_or_default(),
        jobs,
        intact: true,
    }
}

fn read_jobs(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Job> {
    let Some(table) = reader.table(entry, "the jobs") else {
        return Vec::new();
    };
    let entries = table.entries();
    if entries.is_empty() {
        reader.report_missing(
            Diagnostic::error("no-steps", "the pipeline has no steps")
                .at(entry.key.span.clone(), "no job is here")
                .help(MINIMAL),
        );
    }
    if let Some(extra) = entries.get(MAX_JOBS) {
        let message = format!(
            "the pipeline has {} jobs, and {MAX_JOBS} is the most",
            entries.len()
        );
        reader.report(
            Diagnostic::error("too-many", message)
                .at(extra.key.span.clone(), "the first one too many"),
        );
        return Vec::new();
    }
    let mut seen = Seen::new("job");
    entries
        .iter()
        .map(|entry| {
            seen.check(reader, &entry.key);
            job::read(reader, entry)
        })
        .collect()
}

fn variables(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Pair> {
    let Some(table) = reader.table(entry, "the variables") else {
        return Vec::new();
    };
    let mut seen = Seen::new("variable");
    let mut variables = Vec::new();
    for entry in table.entries() {
        if let Some(problem) = name::variable_problem(entry.key.value) {
            let reserved = name::RESERVED_PREFIXES.join("`, `");
            reader.report(
                Diagnostic::error("invalid-name", problem)
                    .at(entry.key.span.clone(), "not the name of a variable")
                    .help(format!("no variable begins with `{reserved}`")),
            );
        }
        seen.check(reader, &entry.key);
        variables.extend(pair(reader, &entry));
    }
    variables
}

/// An entry whose value is turned into text.
pub(crate) fn pair(reader: &mut Reader, entry: &Entry<'_>) -> Option<Pair> {
    Some(Pair {
        name: Spanned::new(entry.key.value.to_owned(), entry.key.span.clone()),
        value: reader.text(entry)?,
    })
}

/// Names that must be unique without regard to case.
pub(crate) struct Seen {
    what: &'static str,
    first: HashMap<String, Range<usize>>,
}

impl Seen {
    /// No names yet; `what` says what they name.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            first: HashMap::new(),
        }
    }

    /// Reports `name` if it was there before.
    pub(crate) fn check(&mut self, reader: &mut Reader, name: &Spanned<impl AsRef<str>>) {
        let text = name.value.as_ref();
        let first = self
            .first
            .entry(name::fold(text))
            .or_insert_with(|| name.span.clone());
        if *first == name.span {
            return;
        }
        let message = format!("{} `{text}` appears more than once", self.what);
        reader.report(
            Diagnostic::error("duplicate-name", message)
                .at(name.span.clone(), "the same name again")
                .at(first.clone(), "first here")
                .help("names that differ only in case are the same name"),
        );
    }
}
