//! From a job of the plan to what runs: once, for each leg of a matrix, or in slices.

use super::RunMachine;
use super::scope::{RunScope, Stand};
use crate::start::StartVariable;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
pub(crate) use stepwell_plan::is_system_variable as is_predefined;
use stepwell_plan::{
    DEFAULT_STAGE, Plan, PlannedJob, PlannedLeg, PlannedStrategy, PlannedVariable, VariableValue,
};

/// One run of a job: the whole job, one leg of it, or one slice.
#[derive(Clone)]
pub(crate) struct Instance {
    /// Position of the job in the plan.
    pub(crate) job: usize,
    pub(crate) id: Arc<str>,
    pub(crate) label: String,
    pub(crate) part: Option<Part>,
}

/// Which of several runs of a job it is.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) name: Arc<str>,
    /// From 1.
    pub(crate) position: usize,
    pub(crate) total: usize,
    /// Azure's word for how the job was split.
    kind: &'static str,
    variables: Vec<(String, String)>,
    /// Whether an expression gave the variables, which then may hold words of a step.
    pub(crate) computed: bool,
    /// Whether the expression saw a secret.
    pub(crate) secret: bool,
}

/// What is known of a job's instances before it starts: none for a matrix that is computed.
pub(crate) fn known(plan: &Plan, index: usize) -> Option<Vec<Instance>> {
    let job = plan.jobs.get(index)?;
    match &job.strategy {
        PlannedStrategy::Single => Some(vec![whole(job, index)]),
        PlannedStrategy::Matrix { legs, .. } => Some(of_legs(job, index, legs)),
        PlannedStrategy::ComputedMatrix { .. } => None,
        PlannedStrategy::Slices(count) => Some(slices(job, index, *count)),
    }
}

/// How many instances of a job run side by side at most.
pub(crate) fn max_parallel(job: &PlannedJob) -> Option<NonZeroU32> {
    match &job.strategy {
        PlannedStrategy::Matrix { max_parallel, .. }
        | PlannedStrategy::ComputedMatrix { max_parallel, .. } => *max_parallel,
        PlannedStrategy::Single | PlannedStrategy::Slices(_) => None,
    }
}

/// The instances of these legs; without legs it is one ordinary job.
pub(crate) fn of_legs(job: &PlannedJob, index: usize, legs: &[PlannedLeg]) -> Vec<Instance> {
    let total = legs.len();
    if total == 0 {
        return vec![whole(job, index)];
    }
    let leg = |(position, leg): (usize, &PlannedLeg)| {
        let part = Part {
            name: Arc::clone(&leg.name),
            position,
            total,
            kind: "MultiConfiguration",
            variables: leg.variables.clone(),
            computed: false,
            secret: false,
        };
        piece(job, index, &leg.name, part)
    };
    (1..).zip(legs).map(leg).collect()
}

/// The instances of legs that an expression gave. Names that are parts of a secret are not told.
pub(crate) fn of_computed_legs(
    job: &PlannedJob,
    index: usize,
    mut legs: Vec<PlannedLeg>,
    secret: bool,
) -> Vec<Instance> {
    if secret {
        for (number, leg) in (1..).zip(&mut legs) {
            leg.name = format!("Job{number}").into();
        }
    }
    let mut instances = of_legs(job, index, &legs);
    for part in instances.iter_mut().filter_map(|leg| leg.part.as_mut()) {
        part.computed = true;
        part.secret = secret;
    }
    instances
}

fn slices(job: &PlannedJob, index: usize, count: NonZeroU32) -> Vec<Instance> {
    let total = usize::try_from(count.get()).unwrap_or(usize::MAX);
    let slice = |position: usize| {
        let part = Part {
            name: format!("Job{position}").into(),
            position,
            total,
            kind: "MultiMachine",
            variables: Vec::new(),
            computed: false,
            secret: false,
        };
        piece(job, index, &position.to_string(), part)
    };
    (1..=total).map(slice).collect()
}

fn whole(job: &PlannedJob, index: usize) -> Instance {
    Instance {
        job: index,
        id: Arc::clone(&job.id),
        label: job.label.clone(),
        part: None,
    }
}

fn piece(job: &PlannedJob, index: usize, shown: &str, part: Part) -> Instance {
    Instance {
        job: index,
        id: format!("{}.{}", job.id, part.name).into(),
        label: format!("{} {shown}", job.label),
        part: Some(part),
    }
}

/// Variables in layers: a later value replaces an earlier one of the same name.
#[derive(Clone, Default)]
pub(crate) struct Layers {
    variables: Vec<StartVariable>,
    places: HashMap<String, usize>,
}

impl Layers {
    pub(crate) fn over(variables: &[StartVariable]) -> Self {
        let places = variables.iter().enumerate();
        Self {
            places: places
                .map(|(place, variable)| (variable.name.to_lowercase(), place))
                .collect(),
            variables: variables.to_vec(),
        }
    }

    /// Adds a variable over all that are there. What is predefined cannot be replaced.
    pub(crate) fn add(&mut self, new: StartVariable) {
        match self.places.get(&new.name.to_lowercase()) {
            Some(place) => {
                if let Some(old) = self.variables.get_mut(*place)
                    && !is_predefined(&old.name)
                {
                    old.secret |= new.secret;
                    old.value = new.value;
                    old.read_only = new.read_only;
                    old.untrusted = new.untrusted;
                }
            }
            None => self.put(new),
        }
    }

    /// Sets a predefined variable.
    pub(crate) fn predefine(&mut self, name: &str, value: impl Into<String>) {
        let new = StartVariable {
            name: name.to_owned(),
            value: value.into(),
            secret: false,
            read_only: true,
            untrusted: false,
        };
        match self.places.get(&name.to_lowercase()) {
            Some(place) => {
                if let Some(old) = self.variables.get_mut(*place) {
                    *old = new;
                }
            }
            None => self.put(new),
        }
    }

    fn put(&mut self, new: StartVariable) {
        let place = self.variables.len();
        self.places.insert(new.name.to_lowercase(), place);
        self.variables.push(new);
    }

    pub(crate) fn variables(&self) -> &[StartVariable] {
        &self.variables
    }

    pub(crate) fn done(self) -> Vec<StartVariable> {
        self.variables
    }
}

impl RunMachine {
    /// The value of a variable of a stage or job, or why it has none.
    fn evaluated(
        &self,
        planned: &PlannedVariable,
        stand: Stand,
        visible: &[StartVariable],
    ) -> Result<StartVariable, String> {
        let (value, secret) = match &planned.value {
            VariableValue::Text(text) => (text.clone(), planned.secret),
            VariableValue::Expression(expression) => {
                let scope = RunScope::new(self, stand, visible);
                let (value, secret) = scope.text_of(expression).map_err(|error| {
                    format!("variable `{}` has no value: {error}", planned.name)
                })?;
                (value, secret || planned.secret)
            }
        };
        Ok(StartVariable {
            name: planned.name.clone(),
            value,
            secret,
            read_only: planned.read_only,
            untrusted: matches!(planned.value, VariableValue::Expression(_)),
        })
    }

    /// The variables of a stage, over those of the run.
    pub(crate) fn stage_variables(&self, index: usize) -> Result<Vec<StartVariable>, String> {
        let mut layers = Layers::over(&self.opening.variables);
        if let Some(stage) = self.plan.stages.get(index) {
            for planned in &stage.variables {
                let visible = &self.opening.variables;
                layers.add(self.evaluated(planned, Stand::Stage(index), visible)?);
            }
            if &*stage.name != DEFAULT_STAGE {
                layers.predefine("System.StageName", &*stage.name);
                layers.predefine("System.StageDisplayName", &*stage.label);
            }
        }
        Ok(layers.done())
    }

    /// The variables of a job, over those of its stage.
    pub(crate) fn job_variables(&self, index: usize) -> Result<Layers, String> {
        let Some(job) = self.plan.jobs.get(index) else {
            return Ok(Layers::default());
        };
        let visible = self.visible(job.stage);
        let mut layers = Layers::over(visible);
        for planned in &job.variables {
            layers.add(self.evaluated(planned, Stand::Job(index), visible)?);
        }
        layers.predefine("System.PhaseName", &*job.name);
        layers.predefine("System.PhaseDisplayName", &*job.label);
        Ok(layers)
    }

    /// The variables of an instance, over those of its job.
    pub(crate) fn instance_variables(
        &self,
        instance: &Instance,
        mut layers: Layers,
    ) -> Vec<StartVariable> {
        let planned = self.plan.jobs.get(instance.job);
        let mut name = planned.map_or("", |job| &job.name);
        let (mut position, mut total) = (1, 1);
        if let Some(part) = &instance.part {
            (name, position, total) = (&part.name, part.position, part.total);
            for (name, value) in &part.variables {
                layers.add(StartVariable {
                    name: name.clone(),
                    value: value.clone(),
                    secret: part.secret,
                    read_only: false,
                    untrusted: part.computed,
                });
            }
            layers.predefine("System.ParallelExecutionType", part.kind);
        }
        layers.predefine("System.JobName", name);
        layers.predefine("System.JobDisplayName", instance.label.as_str());
        layers.predefine("System.JobIdentifier", &*instance.id);
        layers.predefine("System.JobPositionInPhase", position.to_string());
        layers.predefine("System.TotalJobsInPhase", total.to_string());
        layers.predefine("System.JobAttempt", "1");
        layers.predefine("Agent.JobName", instance.label.as_str());
        layers.done()
    }
}
