//! From a pipeline model to an immutable plan.
//!
//! Planning is the last moment at which a pipeline can be refused as a whole, so everything that can
//! be known before a step runs is checked here: that the jobs can all start, that every task gets the
//! inputs it declares, and that it is granted what it asks for. Like reading, planning tells all
//! problems at once.
//!
//! It does no I/O. The caller asks for the [`references`] of a pipeline, finds each component and
//! lets it describe itself, and hands the result to [`plan`].

mod grant;
mod graph;
mod input;
mod model;
mod suggestion;
mod task;
mod variable;

pub use grant::GRANT_DENIED;
pub use model::{Grant, Invocation, Plan, PlannedJob, PlannedStep, PlannedTask};
pub use stepwell_spec::Condition;
pub use task::{ResolvedTask, TaskKind, TaskReference, references};

use std::collections::HashMap;
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{Pipeline, Step};

/// Plans a run of `pipeline` with the variables of the `command_line` on top of its own and the
/// components that were found for its [`references`]. The plan is there exactly if the pipeline is
/// intact and no diagnostic is an error; the diagnostics are in no order.
///
/// Of a pipeline that is not intact everything is told that does not follow from what is missing.
///
/// A step whose task is not among `tasks` is an error. If every error has code [`GRANT_DENIED`],
/// the pipeline is right but may not do what it wants to.
#[must_use]
pub fn plan(
    pipeline: &Pipeline,
    command_line: &[(String, String)],
    tasks: &[ResolvedTask],
) -> (Option<Plan>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    if pipeline.intact {
        task::report_unused(pipeline, &mut problems);
    }
    let variables = variable::overlay(&pipeline.variables, command_line, &mut problems);

    let resolved: HashMap<_, _> = tasks
        .iter()
        .map(|task| (task.name.as_str(), task))
        .collect();
    let declared = task::declared(pipeline);
    let mut used = Used::default();
    for reference in references(pipeline) {
        let name = reference.name.as_str();
        let Some(resolved) = resolved.get(name).copied() else {
            task::report_unknown(pipeline, &reference, &mut problems);
            continue;
        };
        let declared = declared.get(name).copied();
        if let TaskKind::Task(description) = &resolved.kind {
            grant::check(&reference, declared, description, &mut problems);
        }
        used.positions.insert(reference.name, used.planned.len());
        used.planned.push(PlannedTask {
            name: resolved.name.clone(),
            digest: resolved.digest,
            grant: grant::of(declared),
        });
        used.resolved.push(resolved);
    }

    let dependencies = graph::resolve(&pipeline.jobs, &mut problems);
    let mut jobs = Vec::with_capacity(pipeline.jobs.len());
    for (job, depends_on) in pipeline.jobs.iter().zip(dependencies) {
        let steps = job
            .steps
            .iter()
            .filter_map(|step| used.step(step, &mut problems))
            .collect();
        jobs.push(PlannedJob {
            name: job.name.value.as_str().into(),
            depends_on,
            condition: job.condition,
            steps,
        });
    }

    let usable = pipeline.intact && !problems.iter().any(Diagnostic::is_error);
    let plan = usable.then(|| Plan {
        name: pipeline.name.clone(),
        variables,
        tasks: used.planned,
        jobs,
    });
    (plan, problems)
}

/// The tasks that steps use.
#[derive(Default)]
struct Used<'r> {
    /// Positions in the two lists by name.
    positions: HashMap<String, usize>,
    planned: Vec<PlannedTask>,
    resolved: Vec<&'r ResolvedTask>,
}

impl Used<'_> {
    /// Plans a step; `None` if its task is unknown.
    fn step(&self, step: &Step, problems: &mut Vec<Diagnostic>) -> Option<PlannedStep> {
        let task = *self.positions.get(&step.task.value)?;
        let resolved = self.resolved.get(task)?;
        let label = step
            .display_name
            .as_ref()
            .or(step.name.as_ref())
            .unwrap_or(&step.task.value);
        Some(PlannedStep {
            name: step.name.clone(),
            label: label.clone(),
            task,
            invocation: input::invocation(step, resolved, problems),
            env: step
                .env
                .iter()
                .map(|pair| (pair.name.value.clone(), pair.value.value.clone()))
                .collect(),
            condition: step.condition,
            timeout: step.timeout,
            continue_on_error: step.continue_on_error,
        })
    }
}
