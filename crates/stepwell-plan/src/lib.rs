//! From a pipeline model to an immutable plan.
//!
//! Planning is the last moment at which a pipeline can be refused as a whole, so everything that can
//! be known before a step runs is checked here: that the jobs can all start, that every task gets the
//! inputs it declares, and that it is granted what it asks for. Like reading, planning tells all
//! problems at once.
//!
//! It does no I/O. The caller asks for the [`references`] of a pipeline, finds each component and
//! lets it describe itself, and hands the result to [`plan`].

mod capability;
mod ceiling;
mod dependency;
mod grant;
mod graph;
mod input;
mod leg;
mod model;
mod part;
mod placement;
mod run_number;
mod suggestion;
mod task;
mod variable;

pub use capability::Capabilities;
pub use ceiling::Ceilings;
pub use grant::{GRANT_DENIED, MISSING_SECRET};
pub use leg::computed_legs;
pub use model::{
    Grant, Invocation, Plan, PlannedJob, PlannedLeg, PlannedStage, PlannedStep, PlannedStrategy,
    PlannedTask, PlannedVariable,
};
pub use part::{PlannedPart, plan_part};
pub use run_number::{Draft, RunFacts, RunNumberError, RunNumberFormat, check_number};
pub use stepwell_spec::name::{fold, is_system_variable};
pub use stepwell_spec::{
    Clock, Commands, DEFAULT_CANCEL_TIMEOUT, DEFAULT_STAGE, DEFAULT_TIMEOUT, PartKind, Random,
    VariableValue, count, pattern, secret, size,
};
pub use task::{ResolvedTask, TaskKind, TaskReference, references};

use placement::Placement;
use std::collections::{HashMap, HashSet};
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{Job, Pipeline, Stage, Step};

/// What is asked for besides what the file says.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// Variables of the command line, which lie on top of those of the pipeline.
    pub variables: &'r [(String, String)],
    /// Secrets of the command line, which lie on top of these.
    pub secrets: &'r [(String, String)],
    /// What the agent can do. A job whose demands it does not meet is planned, and fails when its
    /// turn comes.
    pub capabilities: &'r Capabilities,
    /// What the host allows at most.
    pub ceilings: &'r Ceilings,
}

/// Plans a run of `pipeline` with what the `request` adds and the components that were found for its
/// [`references`]. The plan is there exactly if the pipeline is intact and no diagnostic is an error;
/// the diagnostics are in no order.
///
/// Of a pipeline that is not intact everything is told that does not follow from what is missing.
///
/// A step whose task is not among `tasks` is an error. If every error has code [`GRANT_DENIED`],
/// the pipeline is right but may not do what it wants to.
#[must_use]
pub fn plan(
    pipeline: &Pipeline,
    request: &Request<'_>,
    tasks: &[ResolvedTask],
) -> (Option<Plan>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    if pipeline.intact {
        task::report_unused(pipeline, &mut problems);
    }
    let run_number = run_number::planned(pipeline, request, &mut problems);
    let variables = variable::overlay(&pipeline.variables, request, &mut problems);
    let used = Used::of(pipeline, request, tasks, &mut problems);
    let placement = placement::resolve(pipeline, &mut problems);
    let stages = stages(pipeline, &placement, &mut problems);
    let dependencies = dependency::of_jobs(pipeline, &placement, &mut problems);
    let mut jobs = Vec::with_capacity(pipeline.jobs.len());
    let places = placement.stages.iter().zip(dependencies);
    for (job, (stage, depends_on)) in pipeline.jobs.iter().zip(places) {
        let steps = job.steps.iter();
        let steps = steps
            .filter_map(|step| used.step(step, request.ceilings, &mut problems))
            .collect();
        let who = format!("job `{}`", job.name.value);
        let (asked, default) = (job.timeout.as_ref(), Some(DEFAULT_TIMEOUT));
        let timeout = request
            .ceilings
            .timeout(&who, asked, default, &mut problems);
        // A job without a stage is an error, so there is no plan then.
        let stage = stage.unwrap_or_default();
        let unmet_demand = request.capabilities.unmet(job);
        jobs.push(PlannedJob {
            id: identifier(pipeline.stages.get(stage), job).into(),
            name: job.name.value.as_str().into(),
            label: label(job.display_name.as_ref(), &job.name.value),
            stage,
            depends_on,
            condition: job.condition.clone(),
            continue_on_error: job.continue_on_error,
            timeout,
            fuel: job.fuel.as_ref().map(|fuel| fuel.value),
            cancel_timeout: job.cancel_timeout,
            unmet_demand,
            strategy: leg::planned(&job.strategy),
            variables: variable::planned(&job.variables),
            steps,
        });
    }
    // What stands in a template is planned each time that it is used.
    let mut told = HashSet::new();
    problems.retain(|problem| told.insert((problem.position(), problem.message.clone())));
    let usable = pipeline.intact && !problems.iter().any(Diagnostic::is_error);
    let plan = usable.then(|| Plan {
        name: pipeline.name.clone(),
        run_number,
        variables,
        tasks: used.planned,
        stages,
        jobs,
        ceilings: request.ceilings.clone(),
    });
    (plan, problems)
}

fn stages(
    pipeline: &Pipeline,
    placement: &Placement,
    problems: &mut Vec<Diagnostic>,
) -> Vec<PlannedStage> {
    let dependencies = dependency::of_stages(&pipeline.stages, problems);
    let places = placement.jobs.iter().zip(dependencies);
    let stages = pipeline.stages.iter().zip(places);
    stages
        .map(|(stage, (jobs, depends_on))| PlannedStage {
            name: stage.name.value.as_str().into(),
            label: match stage.name.value.as_str() {
                DEFAULT_STAGE => String::new(),
                name => label(stage.display_name.as_ref(), name),
            },
            depends_on,
            condition: stage.condition.clone(),
            variables: variable::planned(&stage.variables),
            jobs: jobs.clone(),
        })
        .collect()
}

fn label(display_name: Option<&String>, name: &str) -> String {
    display_name.map_or_else(|| name.to_owned(), Clone::clone)
}

/// The names of the stage and the job; a stage that nobody declared is left out.
fn identifier(stage: Option<&Stage>, job: &Job) -> String {
    let job = &job.name.value;
    match stage.map(|stage| stage.name.value.as_str()) {
        None | Some(DEFAULT_STAGE) => job.clone(),
        Some(stage) => format!("{stage}.{job}"),
    }
}

/// The tasks that steps use.
#[derive(Default)]
struct Used<'r> {
    /// Positions in the two lists by name.
    positions: HashMap<String, usize>,
    planned: Vec<PlannedTask>,
    resolved: Vec<&'r ResolvedTask>,
}

impl<'r> Used<'r> {
    /// Finds the tasks, and reports those that are unknown or not granted what they ask for.
    fn of(
        pipeline: &Pipeline,
        request: &Request<'_>,
        tasks: &'r [ResolvedTask],
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let resolved: HashMap<_, _> = tasks
            .iter()
            .map(|task| (task.name.as_str(), task))
            .collect();
        let declared = task::declared(pipeline);
        let mut used = Self::default();
        for reference in references(pipeline, request.ceilings) {
            let name = reference.name.as_str();
            let Some(resolved) = resolved.get(name).copied() else {
                task::report_unknown(pipeline, &reference, problems);
                continue;
            };
            let declared = declared.get(name).copied();
            let granted = grant::of(declared, request, problems);
            if let TaskKind::Task(description) = &resolved.kind {
                grant::check(&reference, declared, &granted, description, problems);
            }
            used.positions.insert(reference.name, used.planned.len());
            used.planned.push(PlannedTask {
                name: resolved.name.clone(),
                digest: resolved.digest,
                grant: granted,
            });
            used.resolved.push(resolved);
        }
        used
    }

    /// Plans a step; `None` if its task is unknown.
    fn step(
        &self,
        step: &Step,
        ceilings: &Ceilings,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<PlannedStep> {
        let task = *self.positions.get(&step.task.value)?;
        let resolved = self.resolved.get(task)?;
        let label = step
            .display_name
            .as_ref()
            .or(step.name.as_ref())
            .unwrap_or(&step.task.value);
        let who = format!("step `{label}`");
        let timeout = ceilings.timeout(&who, step.timeout.as_ref(), None, problems);
        if let (Some(fuel), Some(task)) = (&step.fuel, self.planned.get(task)) {
            grant::check_fuel(&who, fuel, task, ceilings, problems);
        }
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
            condition: step.condition.clone(),
            timeout,
            fuel: step.fuel.as_ref().map(|fuel| fuel.value),
            continue_on_error: step.continue_on_error,
            retries: step.retries,
            commands: step.commands.unwrap_or(match resolved.kind {
                TaskKind::Task(_) => Commands::None,
                TaskKind::Command => Commands::Restricted,
            }),
            settable_variables: step.settable_variables.clone(),
        })
    }
}
