//! What the expressions of stages and jobs see.
//!
//! Values are put together when an expression asks for them: most ask for none, and a run may have
//! a hundred thousand jobs.

use super::RunMachine;
use crate::result::name;
use crate::start::StartVariable;
use crate::taint;
use std::collections::HashSet;
use stepwell_event::StepResult;
use stepwell_expr::{Context, DateTime, Expression, Object, Standing, Value};

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(crate) enum Stand {
    /// In a stage.
    Stage(usize),
    /// In a job.
    Job(usize),
}

/// What an expression of a stage or a job sees.
#[derive(Clone, Copy)]
pub(crate) struct RunScope<'m> {
    pub(crate) machine: &'m RunMachine,
    pub(crate) stand: Stand,
    pub(crate) variables: &'m [StartVariable],
    /// Whether all secrets are empty texts.
    blind: bool,
}

impl<'m> RunScope<'m> {
    pub(crate) fn new(
        machine: &'m RunMachine,
        stand: Stand,
        variables: &'m [StartVariable],
    ) -> Self {
        Self {
            machine,
            stand,
            variables,
            blind: false,
        }
    }

    /// The value of an expression, and whether a secret is in it in any form.
    pub(crate) fn value_of(&self, expression: &Expression) -> Result<(Value, bool), String> {
        let blind = self.blind();
        taint::value_of(
            expression,
            self,
            blind.as_ref().map(|blind| blind as &dyn Context),
        )
    }

    /// The value of an expression as text, and whether a secret is in it.
    pub(crate) fn text_of(&self, expression: &Expression) -> Result<(String, bool), String> {
        let blind = self.blind();
        taint::text_of(
            expression,
            self,
            blind.as_ref().map(|blind| blind as &dyn Context),
        )
    }

    /// The same without secrets, if there are some.
    fn blind(&self) -> Option<Self> {
        let secrets = self.machine.has_secret_outputs
            || self.variables.iter().any(|variable| variable.secret);
        secrets.then_some(Self {
            blind: true,
            ..*self
        })
    }

    /// The value of a condition, or why it has none.
    pub(crate) fn holds(&self, condition: &Expression) -> Result<bool, String> {
        condition
            .evaluate(self)
            .map(|value| value.as_boolean())
            .map_err(|error| {
                format!(
                    "the condition `{}` cannot be evaluated: {error}",
                    condition.text()
                )
            })
    }

    fn standing(&self) -> Standing {
        let machine = self.machine;
        match self.stand {
            Stand::Stage(index) => {
                let canceling = machine.cancel.is_some();
                let stages = &machine.plan.stages;
                let names = stages.get(index).into_iter().flat_map(|stage| {
                    let before = stage.depends_on.iter();
                    before.filter_map(|at| stages.get(*at).map(|stage| (&*stage.name, *at)))
                });
                machine.stages.standing(index, names, canceling)
            }
            Stand::Job(index) => {
                let jobs = &machine.plan.jobs;
                let names = jobs.get(index).into_iter().flat_map(|job| {
                    let before = job.depends_on.iter();
                    before.filter_map(|at| jobs.get(*at).map(|job| (&*job.name, *at)))
                });
                machine
                    .jobs
                    .standing(index, names, machine.is_job_canceling(index))
            }
        }
    }

    fn dependencies(&self) -> Object {
        let plan = &self.machine.plan;
        match self.stand {
            Stand::Stage(index) => plan
                .stages
                .get(index)
                .into_iter()
                .flat_map(|stage| &stage.depends_on)
                .filter_map(|at| Some((plan.stages.get(*at)?.name.clone(), self.stage(*at))))
                .collect(),
            Stand::Job(index) => plan
                .jobs
                .get(index)
                .into_iter()
                .flat_map(|job| &job.depends_on)
                .filter_map(|at| Some((plan.jobs.get(*at)?.name.clone(), self.job(*at))))
                .collect(),
        }
    }

    /// The stages before the one that the job is in, with their jobs.
    fn stage_dependencies(&self) -> Object {
        let plan = &self.machine.plan;
        let first = match self.stand {
            Stand::Stage(index) => Some(index),
            Stand::Job(index) => plan.jobs.get(index).map(|job| job.stage),
        };
        let mut seen = HashSet::new();
        let mut pending: Vec<usize> = first.into_iter().collect();
        let mut stages = Vec::new();
        while let Some(index) = pending.pop() {
            for at in plan.stages.get(index).iter().flat_map(|s| &s.depends_on) {
                if let Some(stage) = plan.stages.get(*at)
                    && seen.insert(*at)
                {
                    let jobs: Object = stage
                        .jobs
                        .iter()
                        .filter_map(|at| Some((plan.jobs.get(*at)?.name.clone(), self.job(*at))))
                        .collect();
                    stages.push((stage.name.clone(), jobs));
                    pending.push(*at);
                }
            }
        }
        stages.into_iter().collect()
    }

    fn seen<'v>(&self, value: &'v str, secret: bool) -> &'v str {
        match self.blind && secret {
            true => "",
            false => value,
        }
    }

    fn job(&self, index: usize) -> Object {
        let outputs = self.machine.outputs(index);
        record(
            self.machine.jobs.result(index),
            outputs.map(|output| (output.name.clone(), self.seen(&output.value, output.secret))),
        )
    }

    fn stage(&self, index: usize) -> Object {
        let plan = &self.machine.plan;
        let jobs = plan.stages.get(index).into_iter().flat_map(|s| &s.jobs);
        let outputs = jobs.flat_map(|at| {
            let job = plan.jobs.get(*at).map_or("", |job| &job.name);
            let outputs = self.machine.outputs(*at);
            outputs.map(move |output| {
                let value = self.seen(&output.value, output.secret);
                (format!("{job}.{}", output.name), value)
            })
        });
        record(self.machine.stages.result(index), outputs)
    }
}

fn record<'o>(
    result: Option<StepResult>,
    outputs: impl Iterator<Item = (String, &'o str)>,
) -> Object {
    let outputs: Object = outputs.collect();
    let result = result.map_or(Value::Null, |result| name(result).into());
    [("result", result), ("outputs", outputs.into())]
        .into_iter()
        .collect()
}

impl Context for RunScope<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        let object: Object = match name {
            "variables" => self
                .variables
                .iter()
                .map(|variable| (&*variable.name, self.seen(&variable.value, variable.secret)))
                .collect(),
            "dependencies" => self.dependencies(),
            "stageDependencies" => self.stage_dependencies(),
            "pipeline" => {
                let started = self.machine.opening.started_ms;
                let seconds = i64::try_from(started / 1_000).ok()?;
                let started = DateTime::from_unix(seconds, 0, 0)?;
                [("startTime", started)].into_iter().collect()
            }
            _ => return None,
        };
        Some(object.into())
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        self.standing()
            .call(function, arguments)
            .map(Value::Boolean)
            .ok_or_else(|| format!("`{function}` is not available here"))
    }
}
