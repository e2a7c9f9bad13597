//! A plan for programs: what `stepwell plan --output json` prints.
//!
//! The keys are the fields of these types in kebab-case, and they are versioned with the events.
//! New keys may come; a program passes over those that it does not know.

use crate::forecast::{Fate, Forecast};
use crate::grant::GrantDocument;
use serde::{Serialize, Serializer};
use stepwell_event::{Digest, FORMAT_VERSION};
use stepwell_plan::{
    Commands, Invocation, Plan, PlannedJob, PlannedLeg, PlannedStage, PlannedStep, PlannedStrategy,
    PlannedTask, PlannedVariable, VariableValue,
};

/// What stands for the value of a secret.
const SECRET: &str = "***";

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "plan", rename_all = "kebab-case")]
pub struct PlanDocument<'p> {
    /// The version of this format.
    pub v: u32,
    /// The pipeline's name.
    pub name: &'p str,
    /// The variables of the run.
    pub variables: Vec<VariableDocument<'p>>,
    /// The tasks that steps use, with what they may do.
    pub tasks: Vec<TaskDocument<'p>>,
    /// The stages in the order of the file. A pipeline that declares none has one of the name
    /// `__default`.
    pub stages: Vec<StageDocument<'p>>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct VariableDocument<'p> {
    /// The name.
    pub name: &'p str,
    /// The text, unexpanded; `***` for a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<&'p str>,
    /// In place of a text, the expression inside of `$[ ]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<&'p str>,
    /// Whether the value must not be seen.
    pub secret: bool,
    /// Whether changing it by command is an error.
    pub read_only: bool,
}

/// A task with what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TaskDocument<'p> {
    /// The name in the pipeline.
    pub name: &'p str,
    /// The component.
    pub digest: Digest,
    /// What it may do and use.
    #[serde(flatten)]
    pub grant: GrantDocument<'p>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StageDocument<'p> {
    /// The name.
    pub name: &'p str,
    /// What a person calls it; empty in a pipeline that declares none.
    pub label: &'p str,
    /// The names of the stages that it waits for.
    pub depends_on: Vec<&'p str>,
    /// When it runs.
    pub condition: &'p str,
    /// The variables of its jobs.
    pub variables: Vec<VariableDocument<'p>>,
    /// `forecast` and `reason`: what becomes of it.
    #[serde(flatten)]
    pub fate: Fate,
    /// Its jobs in the order of the file.
    pub jobs: Vec<JobDocument<'p>>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobDocument<'p> {
    /// The identifier, by which events name it.
    pub id: &'p str,
    /// The name in the file.
    pub name: &'p str,
    /// What a person calls it.
    pub label: &'p str,
    /// The identifiers of the jobs that it waits for.
    pub depends_on: Vec<&'p str>,
    /// When it runs.
    pub condition: &'p str,
    /// Whether a failure counts as succeeded with issues for those that depend on it.
    pub continue_on_error: bool,
    /// The limit in milliseconds; `null` is no limit.
    pub timeout_ms: Option<u64>,
    /// The fuel of all its steps together; `null` is any.
    pub fuel: Option<u64>,
    /// How long it may go on once it was asked to end.
    pub cancel_timeout_ms: u64,
    /// The demand that no agent meets.
    pub unmet_demand: Option<&'p str>,
    /// The legs of its matrix; empty if it has none, or if they are not known yet.
    pub legs: Vec<LegDocument<'p>>,
    /// The expression that gives the legs when the job starts.
    pub legs_expression: Option<&'p str>,
    /// How many slices it runs in.
    pub slices: Option<u32>,
    /// How many legs run side by side at most; `null` is all.
    pub max_parallel: Option<u32>,
    /// Its variables.
    pub variables: Vec<VariableDocument<'p>>,
    /// `forecast` and `reason`: what becomes of it.
    #[serde(flatten)]
    pub fate: Fate,
    /// Its steps in order.
    pub steps: Vec<StepDocument<'p>>,
}

/// A leg of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LegDocument<'p> {
    /// The identifier, by which events name it.
    pub id: String,
    /// The name.
    pub name: &'p str,
    /// Its variables, values by name.
    #[serde(serialize_with = "pairs")]
    pub variables: &'p [(String, String)],
    /// `forecast` and `reason`: what becomes of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepDocument<'p> {
    /// The name by which other steps address its outputs.
    pub name: Option<&'p str>,
    /// What a person calls it.
    pub label: &'p str,
    /// The task that it runs.
    pub task: &'p str,
    /// The inputs of a task, unexpanded, values by name; `null` for a plain command.
    #[serde(serialize_with = "inputs")]
    pub inputs: Option<&'p [(String, String)]>,
    /// The arguments of a plain command, unexpanded; `null` for a task.
    pub args: Option<&'p [String]>,
    /// The environment of the guest, unexpanded, values by name.
    #[serde(serialize_with = "pairs")]
    pub env: &'p [(String, String)],
    /// When it runs.
    pub condition: &'p str,
    /// The limit in milliseconds; `null` is no limit.
    pub timeout_ms: Option<u64>,
    /// Its fuel, where that is less than its task may use.
    pub fuel: Option<u64>,
    /// Whether a failure counts as succeeded with issues.
    pub continue_on_error: bool,
    /// How many times it is run again after a failure.
    pub retries: u8,
    /// Which logging commands its output may hold: `any`, `restricted` or `none`.
    #[serde(serialize_with = "commands")]
    pub commands: Commands,
    /// Globs of the variables that it may set; `null` is all.
    pub settable_variables: Option<&'p [String]>,
}

impl<'p> PlanDocument<'p> {
    /// The plan, with what would become of its stages and jobs.
    #[must_use]
    pub fn new(plan: &'p Plan, forecast: &Forecast) -> Self {
        let stages = plan.stages.iter();
        Self {
            v: FORMAT_VERSION,
            name: &plan.name,
            variables: variables(&plan.variables),
            tasks: plan.tasks.iter().map(task).collect(),
            stages: stages.map(|one| stage(plan, one, forecast)).collect(),
        }
    }
}

fn variables(variables: &[PlannedVariable]) -> Vec<VariableDocument<'_>> {
    variables.iter().map(variable).collect()
}

fn variable(variable: &PlannedVariable) -> VariableDocument<'_> {
    let (value, expression) = match &variable.value {
        _ if variable.secret => (Some(SECRET), None),
        VariableValue::Text(text) => (Some(text.as_str()), None),
        VariableValue::Expression(expression) => (None, Some(expression.text())),
    };
    VariableDocument {
        name: &variable.name,
        value,
        expression,
        secret: variable.secret,
        read_only: variable.read_only,
    }
}

fn task(task: &PlannedTask) -> TaskDocument<'_> {
    TaskDocument {
        name: &task.name,
        digest: task.digest,
        grant: GrantDocument::new(&task.grant),
    }
}

fn stage<'p>(plan: &'p Plan, stage: &'p PlannedStage, forecast: &Forecast) -> StageDocument<'p> {
    let before = stage.depends_on.iter();
    let jobs = stage.jobs.iter().filter_map(|at| plan.jobs.get(*at));
    StageDocument {
        name: &stage.name,
        label: &stage.label,
        depends_on: before
            .filter_map(|at| Some(&*plan.stages.get(*at)?.name))
            .collect(),
        condition: stage.condition.text(),
        variables: variables(&stage.variables),
        fate: forecast.stage(&stage.name),
        jobs: jobs.map(|one| job(plan, one, forecast)).collect(),
    }
}

fn job<'p>(plan: &'p Plan, job: &'p PlannedJob, forecast: &Forecast) -> JobDocument<'p> {
    let (planned_legs, max_parallel): (&[PlannedLeg], _) = match &job.strategy {
        PlannedStrategy::Matrix { legs, max_parallel } => (legs, *max_parallel),
        PlannedStrategy::ComputedMatrix { max_parallel, .. } => (&[], *max_parallel),
        PlannedStrategy::Single | PlannedStrategy::Slices(_) => (&[], None),
    };
    let part = |name: &str| format!("{}.{name}", job.id);
    let parts: Vec<String> = match &job.strategy {
        PlannedStrategy::Slices(count) => (1..=count.get())
            .map(|slice| part(&format!("Job{slice}")))
            .collect(),
        _ => planned_legs.iter().map(|leg| part(&leg.name)).collect(),
    };
    let fate = forecast.job(&job.id, parts.iter().map(String::as_str));
    let leg = |(leg, id): (&'p PlannedLeg, String)| LegDocument {
        fate: forecast.leg(&id, &fate),
        id,
        name: &leg.name,
        variables: &leg.variables,
    };
    let before = job.depends_on.iter();
    JobDocument {
        id: &job.id,
        name: &job.name,
        label: &job.label,
        depends_on: before
            .filter_map(|at| Some(&*plan.jobs.get(*at)?.id))
            .collect(),
        condition: job.condition.text(),
        continue_on_error: job.continue_on_error,
        timeout_ms: job.timeout.map(millis),
        fuel: job.fuel,
        cancel_timeout_ms: millis(job.cancel_timeout),
        unmet_demand: job.unmet_demand.as_deref(),
        legs: planned_legs.iter().zip(parts).map(leg).collect(),
        legs_expression: match &job.strategy {
            PlannedStrategy::ComputedMatrix { legs, .. } => Some(legs.text()),
            _ => None,
        },
        slices: match job.strategy {
            PlannedStrategy::Slices(count) => Some(count.get()),
            _ => None,
        },
        max_parallel: max_parallel.map(std::num::NonZeroU32::get),
        variables: variables(&job.variables),
        steps: job.steps.iter().map(|one| step(plan, one)).collect(),
        fate,
    }
}

fn step<'p>(plan: &'p Plan, step: &'p PlannedStep) -> StepDocument<'p> {
    let (inputs, args) = match &step.invocation {
        Invocation::Task { inputs } => (Some(inputs.as_slice()), None),
        Invocation::Command { args } => (None, Some(args.as_slice())),
    };
    StepDocument {
        name: step.name.as_deref(),
        label: &step.label,
        task: plan.tasks.get(step.task).map_or("", |task| &task.name),
        inputs,
        args,
        env: &step.env,
        condition: step.condition.text(),
        timeout_ms: step.timeout.map(millis),
        fuel: step.fuel,
        continue_on_error: step.continue_on_error,
        retries: step.retries,
        commands: step.commands,
        settable_variables: step.settable_variables.as_deref(),
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn pairs<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

fn inputs<S: Serializer>(
    inputs: &Option<&[(String, String)]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match inputs {
        Some(inputs) => pairs(inputs, serializer),
        None => serializer.serialize_none(),
    }
}

fn commands<S: Serializer>(commands: &Commands, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(command_word(*commands))
}

/// As a pipeline file writes it.
pub(crate) fn command_word(commands: Commands) -> &'static str {
    match commands {
        Commands::Any => "any",
        Commands::Restricted => "restricted",
        Commands::None => "none",
    }
}
