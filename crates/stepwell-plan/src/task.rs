//! Which tasks a pipeline uses, and what was found for them.

use crate::Ceilings;
use crate::suggestion::suggestion;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Description, Digest, LimitKind};
use stepwell_spec::{Job, Pipeline, Spanned, Step, Task};

/// A task that steps use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskReference {
    /// The name in the pipeline.
    pub name: String,
    /// The file of the component, relative to the pipeline file; `None` is the built-in task of this
    /// name.
    pub source: Option<Spanned<String>>,
    /// Whether the pipeline declares the task.
    pub declared: bool,
    /// Where the first step names it.
    pub span: Range<usize>,
    /// Whether a step runs it with a budget of fuel.
    pub metered: bool,
    /// Whether a step runs it without one.
    pub unmetered: bool,
}

/// A task for which a component was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTask {
    /// The name in the pipeline.
    pub name: String,
    /// The component.
    pub digest: Digest,
    /// What it is.
    pub kind: TaskKind,
}

/// What a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskKind {
    /// A task of world `stepwell:task/task` with what it says of itself.
    Task(Description),
    /// A plain command.
    Command,
}

/// The tasks that steps use, each once, in the order of their first use. One whose declaration is not
/// intact is not among them: nobody knows which it is.
#[must_use]
pub fn references(pipeline: &Pipeline, ceilings: &Ceilings) -> Vec<TaskReference> {
    let declared = declared(pipeline);
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut references: Vec<TaskReference> = Vec::new();
    let jobs = pipeline.jobs.iter();
    for (job, step) in jobs.flat_map(|job| job.steps.iter().map(move |step| (job, step))) {
        let name = step.task.value.as_str();
        let task = declared.get(name).copied();
        if task.is_some_and(|task| !task.intact) {
            continue;
        }
        let place = *places.entry(name).or_insert(references.len());
        if place == references.len() {
            references.push(TaskReference {
                name: name.to_owned(),
                source: task.and_then(|task| task.source.clone()),
                declared: task.is_some(),
                span: step.task.span.clone(),
                metered: false,
                unmetered: false,
            });
        }
        if let Some(reference) = references.get_mut(place) {
            let metered = is_metered(job, step, task, ceilings);
            reference.metered |= metered;
            reference.unmetered |= !metered;
        }
    }
    references
}

/// Whether a step has a budget of fuel, whoever gives it.
fn is_metered(job: &Job, step: &Step, task: Option<&Task>, ceilings: &Ceilings) -> bool {
    job.fuel.is_some()
        || step.fuel.is_some()
        || task.is_some_and(|task| task.limits.get(LimitKind::Fuel).is_some())
        || ceilings.of(LimitKind::Fuel).is_some()
}

/// The declared tasks by name.
pub(crate) fn declared(pipeline: &Pipeline) -> HashMap<&str, &Task> {
    pipeline
        .tasks
        .iter()
        .map(|task| (task.name.value.as_str(), task))
        .collect()
}

/// Warns of declared tasks that no step uses.
pub(crate) fn report_unused(pipeline: &Pipeline, problems: &mut Vec<Diagnostic>) {
    let used: HashSet<_> = pipeline
        .jobs
        .iter()
        .flat_map(|job| &job.steps)
        .chain(&pipeline.publish)
        .map(|step| step.task.value.as_str())
        .collect();
    for task in &pipeline.tasks {
        if !used.contains(task.name.value.as_str()) {
            let message = format!("task `{}` is never used", task.name.value);
            problems.push(
                Diagnostic::warning("unused-task", message)
                    .at(task.name.span.clone(), "no step names it"),
            );
        }
    }
}

/// Reports a task for which nothing was found.
pub(crate) fn report_unknown(
    pipeline: &Pipeline,
    reference: &TaskReference,
    problems: &mut Vec<Diagnostic>,
) {
    let names = pipeline.tasks.iter().map(|task| task.name.value.as_str());
    let others = names.filter(|name| *name != reference.name);
    let label = suggestion(problems, &reference.name, others, "no such task was found");
    let problem = Diagnostic::error("unknown-task", format!("unknown task `{}`", reference.name))
        .at(reference.span.clone(), label);
    problems.push(match reference.declared {
        true => problem,
        false => problem.help(format!(
            "declare it:\n\n[tasks.{0}]\nsource = \"{0}.wasm\"",
            reference.name
        )),
    });
}
