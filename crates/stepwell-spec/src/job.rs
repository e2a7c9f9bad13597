//! Jobs: `[jobs.NAME]`.

use crate::demand;
use crate::expression;
use crate::limit;
use crate::quantity;
use crate::reader::{Entry, Reader, Table};
use crate::seen::Seen;
use crate::step;
use crate::strategy;
use crate::variable;
use crate::{Job, Spanned, Stage, Step, Strategy};
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Expression, Names};

/// The most jobs of a pipeline. Each takes a place in every view of a run; a person's pipeline has
/// dozens, one that templates make can have thousands.
const MAX_JOBS: usize = 10_000;

/// The most steps of all jobs: a run has some events for each of them.
const MAX_ALL_STEPS: usize = 100_000;

/// The wall-clock limit of a job that gives none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How long a job that says nothing may go on once it was asked to end.
pub const DEFAULT_CANCEL_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Reads `[jobs]` of a pipeline that declares these stages.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>, stages: &[Stage]) -> Vec<Job> {
    let Some(table) = reader.table(entry, "the jobs") else {
        return Vec::new();
    };
    let entries = table.entries();
    if let Some(extra) = entries.get(MAX_JOBS) {
        report_too_many(reader, &extra.key, entries.len(), "jobs", MAX_JOBS);
        return Vec::new();
    }
    let mut seen = Seen::new("job");
    let mut jobs = Vec::with_capacity(entries.len());
    let mut steps = 0;
    for entry in &entries {
        let job = job(reader, entry, stages);
        let stage = job.stage.as_ref().map_or("", |stage| stage.value.as_str());
        seen.check_within(reader, stage, &job.name);
        steps += job.steps.len();
        if steps > MAX_ALL_STEPS {
            report_too_many(
                reader,
                &entry.key,
                steps,
                "steps up to this job",
                MAX_ALL_STEPS,
            );
            return Vec::new();
        }
        jobs.push(job);
    }
    jobs
}

fn report_too_many(
    reader: &mut Reader,
    extra: &Spanned<&str>,
    count: usize,
    what: &str,
    most: usize,
) {
    let message = format!("the pipeline has {count} {what}, and {most} is the most");
    reader.report(
        Diagnostic::error("too-many", message).at(extra.span.clone(), "the first one too many"),
    );
}

/// Reads one job. Something is there even if it is broken: other jobs may depend on it.
fn job(reader: &mut Reader, entry: &Entry<'_>, stages: &[Stage]) -> Job {
    let name = Spanned::new(entry.key.value.to_owned(), entry.key.span.clone());
    let mut job = empty(name);
    // What is wrong with the name was reported, and the rest can be told without a right one.
    let _: Option<()> = reader.node_name("job", &entry.key);
    let Some(mut table) = reader.table(entry, "a job") else {
        return job;
    };
    job.stage = stage(reader, &mut table, entry, stages);
    job.display_name = table
        .take("display-name")
        .and_then(|entry| reader.line(&entry))
        .map(|text| text.value);
    job.depends_on = table
        .take("depends-on")
        .and_then(|entry| reader.string_or_strings(&entry))
        .unwrap_or_default();
    job.condition = expression::condition(reader, &mut table, &Names::JOB_CONDITION);
    job.continue_on_error = table
        .take("continue-on-error")
        .and_then(|entry| reader.boolean_or_word(&entry))
        .unwrap_or(false);
    job.timeout = quantity::timeout(reader, &mut table);
    job.fuel = limit::fuel(reader, &mut table);
    job.cancel_timeout =
        quantity::cancel_timeout(reader, &mut table).unwrap_or(DEFAULT_CANCEL_TIMEOUT);
    job.demands = table
        .take("demands")
        .map(|entry| demand::read(reader, &entry))
        .unwrap_or_default();
    job.strategy = strategy::read(reader, &mut table);
    job.variables = table
        .take("variables")
        .map(|entry| variable::read(reader, &entry, &Names::VARIABLE))
        .unwrap_or_default();
    job.steps = steps(reader, &mut table, entry);
    table.finish(reader, &[]);
    job
}

/// The stage that the job names, as it must if any are declared.
fn stage(
    reader: &mut Reader,
    table: &mut Table<'_>,
    job: &Entry<'_>,
    stages: &[Stage],
) -> Option<Spanned<String>> {
    match (table.take("stage"), stages.first()) {
        (Some(entry), _) => reader.string(&entry),
        (None, Some(first)) => {
            let message = format!("job `{}` names no stage", job.key.value);
            reader.report_missing(
                Diagnostic::error("missing-key", message)
                    .at(job.key.span.clone(), "`stage` is missing")
                    .help(format!(
                        "where stages are declared, each job names its own: `stage = {:?}`",
                        first.name.value
                    )),
            );
            None
        }
        (None, None) => None,
    }
}

fn steps(reader: &mut Reader, table: &mut Table<'_>, job: &Entry<'_>) -> Vec<Step> {
    let name = job.key.value;
    let what = format!("job `{name}`");
    let Some(entry) = table.take("steps") else {
        reader.report_missing(
            Diagnostic::error("no-steps", format!("{what} has no steps"))
                .at(job.key.span.clone(), "needs at least one step")
                .help(format!(
                    "add a step:\n\n[[jobs.{name}.steps]]\ntask = \"NAME\""
                )),
        );
        return Vec::new();
    };
    step::read(reader, &entry, &what)
}

/// A job that says nothing but its name.
pub(crate) fn empty(name: Spanned<String>) -> Job {
    Job {
        name,
        display_name: None,
        stage: None,
        depends_on: Vec::new(),
        condition: Expression::default(),
        continue_on_error: false,
        timeout: None,
        fuel: None,
        cancel_timeout: DEFAULT_CANCEL_TIMEOUT,
        demands: Vec::new(),
        strategy: Strategy::Single,
        variables: Vec::new(),
        steps: Vec::new(),
    }
}
