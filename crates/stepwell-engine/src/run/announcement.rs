//! Stages and jobs as the events of a run name them.

use super::instance::{Instance, known, of_legs};
use crate::place::Place;
use std::sync::Arc;
use stepwell_event::{JobSummary, RunEvent, StageSummary, StepResult, StepSummary};
use stepwell_plan::{DEFAULT_STAGE, Plan, PlannedJob};

/// The stages; none for a pipeline that declares none.
pub(crate) fn stages(plan: &Plan) -> Vec<StageSummary> {
    let declared = plan.stages.iter().filter(|s| &*s.name != DEFAULT_STAGE);
    declared
        .map(|stage| StageSummary {
            name: Arc::clone(&stage.name),
            label: stage.label.clone(),
            depends_on: stage
                .depends_on
                .iter()
                .filter_map(|at| Some(Arc::clone(&plan.stages.get(*at)?.name)))
                .collect(),
        })
        .collect()
}

/// The jobs, each of their instances on its own as far as they are known.
pub(crate) fn jobs(plan: &Plan) -> Vec<JobSummary> {
    (0..)
        .zip(&plan.jobs)
        .flat_map(|(index, job)| {
            let instances = known(plan, index).unwrap_or_else(|| of_legs(job, index, &[]));
            let summary = move |instance: Instance| summary(plan, job, &instance);
            instances.into_iter().map(summary)
        })
        .collect()
}

/// An instance of a job.
pub(crate) fn summary(plan: &Plan, job: &PlannedJob, instance: &Instance) -> JobSummary {
    let names = job.depends_on.iter().filter_map(|at| plan.jobs.get(*at));
    JobSummary {
        name: Arc::clone(&instance.id),
        label: instance.label.clone(),
        stage: plan
            .stages
            .get(job.stage)
            .filter(|stage| &*stage.name != DEFAULT_STAGE)
            .map_or_else(|| "".into(), |stage| Arc::clone(&stage.name)),
        depends_on: names.map(|job| Arc::clone(&job.id)).collect(),
        steps: job
            .steps
            .iter()
            .map(|step| StepSummary {
                label: step.label.clone(),
                task: plan
                    .tasks
                    .get(step.task)
                    .map_or_else(String::new, |task| task.name.clone()),
            })
            .collect(),
    }
}

/// The end of an instance that never began.
pub(crate) fn not_begun<'e>(
    id: &'e Arc<str>,
    job: &'e PlannedJob,
    result: StepResult,
    reason: &'e str,
) -> impl Iterator<Item = RunEvent> + 'e {
    let steps = (0..job.steps.len()).map(move |step| {
        Place::new(id, step).not_begun(StepResult::Skipped, reason.to_owned(), None)
    });
    steps.chain([RunEvent::JobFinished {
        job: Arc::clone(id),
        result,
        reason: Some(reason.to_owned()),
    }])
}
