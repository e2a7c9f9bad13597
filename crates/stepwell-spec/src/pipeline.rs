//! The top of the file: name, variables, tasks, stages and jobs.

use crate::bisect;
use crate::job;
use crate::part;
use crate::reader::{Entry, Reader, Table};
use crate::schedule;
use crate::stage;
use crate::step;
use crate::task;
use crate::tree::Member;
use crate::variable;
use crate::watch;
use crate::{Job, PartKind, Pipeline, Spanned, Stage, Step};
use std::collections::HashSet;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::Names;

/// The name of a pipeline that gives none.
const DEFAULT_NAME: &str = "pipeline";

/// The name of the job that holds the steps at the top of a file.
const ONLY_JOB: &str = "main";

/// The name of the job that holds the steps that publish.
const PUBLISHING_JOB: &str = "publish";

/// The longest number of a run, and thus the longest format of it, as in Azure Pipelines.
const MAX_RUN_NUMBER_CHARS: usize = 255;

/// Keys that a later version reads.
const LATER: [&str; 1] = ["secrets"];

const MINIMAL: &str = "a pipeline has at least one step:\n\n\
    [tasks.hello]\n\
    source = \"hello.wasm\"\n\n\
    [[steps]]\n\
    task = \"hello\"";

/// Reads the whole file.
pub(crate) fn read(reader: &mut Reader, root: &[Member], text: &str) -> Pipeline {
    let mut table = Table::root(root);
    let name = table.take("name").and_then(|entry| reader.line(&entry));
    let run_number = table
        .take("run-number")
        .and_then(|entry| run_number(reader, &entry));
    // Templates are expanded before.
    let _ = (table.take("extends"), table.take("parameters"));
    let variables = table
        .take("variables")
        .map(|entry| variable::read(reader, &entry, &Names::PIPELINE_VARIABLE));
    let tasks = table.take("tasks").map(|entry| task::read(reader, &entry));
    let stages = table
        .take("stages")
        .map(|entry| stage::read(reader, &entry))
        .unwrap_or_default();
    let jobs = table.take("jobs");
    let steps = table.take("steps");
    let mut parts = Vec::new();
    for kind in PartKind::ALL {
        if let Some(entry) = table.take(kind.section()) {
            parts.append(&mut part::read(reader, &entry, kind));
        }
    }
    let bisect = table.take("bisect");
    let bisect = bisect.map(|entry| bisect::read(reader, &entry));
    let schedule = table
        .take("schedule")
        .and_then(|entry| schedule::read(reader, &entry));
    let publish = table.take("publish").map(|entry| publish(reader, &entry));
    let watch = table
        .take("watch")
        .map(|entry| watch::read(reader, &entry, &parts));
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
        (Some(entry), None) => jobs_of(reader, &entry, &stages),
        (None, Some(entry)) => vec![only_job(reader, &entry, &stages)],
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
        run_number,
        parameters: Vec::new(),
        variables: variables.unwrap_or_default(),
        tasks: tasks.unwrap_or_default(),
        stages: match stages.is_empty() {
            true => vec![stage::implicit()],
            false => stages,
        },
        jobs,
        parts,
        bisect: bisect.unwrap_or_default(),
        schedule,
        publish: publish.unwrap_or_default(),
        watch: watch.unwrap_or_default(),
        intact: true,
    }
}

impl Pipeline {
    /// The pipeline whose one job has the steps that publish, with the name, variables and tasks of
    /// this one; `None` without such steps.
    #[must_use]
    pub fn publication(&self) -> Option<Self> {
        let first = self.publish.first()?;
        let name = Spanned::new(PUBLISHING_JOB.to_owned(), first.task.span.clone());
        let used: HashSet<_> = self.publish.iter().map(|step| &step.task.value).collect();
        let tasks = self.tasks.iter();
        Some(Self {
            tasks: tasks
                .filter(|task| used.contains(&task.name.value))
                .cloned()
                .collect(),
            stages: vec![stage::implicit()],
            jobs: vec![Job {
                steps: self.publish.clone(),
                ..job::empty(name)
            }],
            publish: Vec::new(),
            ..self.clone()
        })
    }
}

/// The steps that publish.
fn publish(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Step> {
    let Some(mut table) = reader.table(entry, "`publish`") else {
        return Vec::new();
    };
    let steps = match table.take("steps") {
        Some(entry) => step::read(reader, &entry, "`publish`"),
        None => {
            reader.report_missing(
                Diagnostic::error("no-steps", "`publish` has no steps")
                    .at(entry.key.span.clone(), "needs at least one step")
                    .help("add a step:\n\n[[publish.steps]]\ntask = \"NAME\""),
            );
            Vec::new()
        }
    };
    table.finish(reader, &[]);
    steps
}

/// The format of the runs' numbers, which may be empty. Which tokens it may hold is not known here.
fn run_number(reader: &mut Reader, entry: &Entry<'_>) -> Option<Spanned<String>> {
    if entry.is_blank() {
        return Some(Spanned::new(String::new(), entry.span()));
    }
    let format = reader.line(entry)?;
    let length = format.value.chars().count();
    if length > MAX_RUN_NUMBER_CHARS {
        let message = format!("`run-number` must have at most {MAX_RUN_NUMBER_CHARS} characters");
        reader.report(
            Diagnostic::error("out-of-range", message)
                .at(format.span, format!("this has {length}")),
        );
        return None;
    }
    Some(format)
}

fn jobs_of(reader: &mut Reader, entry: &Entry<'_>, stages: &[Stage]) -> Vec<Job> {
    if entry.is_empty_table() {
        reader.report_missing(
            Diagnostic::error("no-steps", "the pipeline has no steps")
                .at(entry.key.span.clone(), "no job is here")
                .help(MINIMAL),
        );
    }
    job::read(reader, entry, stages)
}

/// The steps at the top as a job.
fn only_job(reader: &mut Reader, entry: &Entry<'_>, stages: &[Stage]) -> Job {
    if let Some(stage) = stages.first() {
        let name = &stage.name.value;
        reader.report(
            Diagnostic::error("conflicting-keys", "a pipeline has either stages or steps")
                .at(entry.key.span.clone(), "steps at the top are in no stage")
                .at(stage.name.span.clone(), "and here is a stage")
                .help(format!(
                    "move the steps into a job of the stage:\n\n[jobs.NAME]\nstage = {name:?}\n\n\
                     [[jobs.NAME.steps]]"
                )),
        );
    }
    Job {
        steps: step::read(reader, entry, "the pipeline"),
        ..job::empty(Spanned::new(ONLY_JOB.to_owned(), entry.key.span.clone()))
    }
}

#[cfg(test)]
mod tests {
    use crate::reader::Reader;
    use crate::syntax;
    use crate::tree::{Member, Tree};
    use crate::{Pipeline, VariableValue};
    use stepwell_diagnostic::Diagnostic;

    /// Reads what expansion may make of `text`: members more than once, which no file can say.
    fn read(text: &str, expand: impl FnOnce(&mut Vec<Member>)) -> (Pipeline, Vec<Diagnostic>) {
        let document = syntax::parse(text);
        let Tree::Table(mut members) = Tree::table(&document.root.unwrap(), 0) else {
            panic!()
        };
        expand(&mut members);
        let mut reader = Reader::new(false);
        let pipeline = super::read(&mut reader, &members, text);
        (pipeline, reader.into_diagnostics())
    }

    /// The entries of table `key`.
    fn table<'m>(members: &'m mut [Member], key: &str) -> &'m mut Vec<Member> {
        let member = members.iter_mut().find(|member| member.key.value == key);
        let Tree::Table(entries) = &mut member.unwrap().value.value else {
            panic!()
        };
        entries
    }

    fn repeat(entries: &mut Vec<Member>) {
        let first = entries.first().unwrap().clone();
        entries.push(first);
    }

    #[test]
    fn a_variable_that_templates_define_again_has_the_last_value() {
        let text = "[variables]\na = 1\nb = 2\nA2 = 3\n[[steps]]\ntask = \"x\"\n";
        let (pipeline, problems) = read(text, |members| {
            let entries = table(members, "variables");
            repeat(entries);
            entries.last_mut().unwrap().value.value = Tree::Text("4".to_owned());
        });
        assert_eq!(problems, []);
        let names: Vec<_> = pipeline.variables.iter().map(|v| &v.name.value).collect();
        assert_eq!(names, ["a", "b", "A2"]);
        let value = &pipeline.variables[0].value.value;
        assert_eq!(*value, VariableValue::Text("4".to_owned()));
    }

    #[test]
    fn a_job_that_a_template_makes_twice_is_told_to_have_two_names() {
        let text = "[[jobs.a.steps]]\ntask = \"x\"\n";
        let (_, problems) = read(text, |members| repeat(table(members, "jobs")));
        let [problem] = &problems[..] else { panic!() };
        assert_eq!(problem.message, "job `a` appears more than once");
        let label = &problem.labels[0].message;
        assert_eq!(label, "the same name each time this is used");
        assert_eq!(problem.labels.len(), 1);
    }

    #[test]
    fn the_steps_of_all_jobs_are_bounded() {
        let step = "{task=\"x\"},".repeat(10_000);
        let text = format!("jobs.a.steps = [{step}]\n");
        let jobs = |count: usize| {
            read(&text, |members| {
                let entries = table(members, "jobs");
                let first = entries.first().unwrap().clone();
                entries.extend((1..count).map(|number| {
                    let mut member = first.clone();
                    member.key.value = format!("a{number}");
                    member
                }));
            })
        };
        let (pipeline, problems) = jobs(10);
        assert_eq!((pipeline.jobs.len(), problems), (10, Vec::new()));
        let (pipeline, problems) = jobs(11);
        assert!(pipeline.jobs.is_empty());
        assert_eq!(
            problems[0].message,
            "the pipeline has 110000 steps up to this job, and 100000 is the most"
        );
    }
}
