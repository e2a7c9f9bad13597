//! Which job is in which stage.

use crate::suggestion::suggestion;
use std::collections::HashMap;
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{DEFAULT_STAGE, Job, Pipeline, Spanned, Stage, name};

/// As many stages are listed for one that is unknown.
const MAX_LISTED: usize = 20;

/// The stages and their jobs.
pub(crate) struct Placement {
    /// For each job the position of its stage; none if it names none or an unknown one, which was
    /// reported.
    pub(crate) stages: Vec<Option<usize>>,
    /// For each stage the positions of its jobs.
    pub(crate) jobs: Vec<Vec<usize>>,
}

/// Finds the stage of each job, and reports stages that are unknown or have no jobs.
pub(crate) fn resolve(pipeline: &Pipeline, problems: &mut Vec<Diagnostic>) -> Placement {
    let mut positions = HashMap::new();
    for (position, stage) in pipeline.stages.iter().enumerate() {
        positions
            .entry(name::fold(&stage.name.value))
            .or_insert(position);
    }
    let stages: Vec<_> = pipeline
        .jobs
        .iter()
        .map(|job| match &job.stage {
            Some(stage) => {
                let position = positions.get(&name::fold(&stage.value)).copied();
                if position.is_none() {
                    report_unknown(pipeline, job, stage, problems);
                }
                position
            }
            None if pipeline.stages.len() == 1 => Some(0),
            None => {
                report_missing(pipeline, job, problems);
                None
            }
        })
        .collect();
    let mut jobs = vec![Vec::new(); pipeline.stages.len()];
    for (job, stage) in stages.iter().enumerate() {
        if let Some(list) = stage.and_then(|stage| jobs.get_mut(stage)) {
            list.push(job);
        }
    }
    // A job without a stage may be the one that another stage lacks.
    if pipeline.intact && stages.iter().all(Option::is_some) {
        for (stage, jobs) in pipeline.stages.iter().zip(&jobs) {
            if jobs.is_empty() {
                problems.push(empty(stage));
            }
        }
    }
    Placement { stages, jobs }
}

fn names(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    pipeline
        .stages
        .iter()
        .map(|stage| stage.name.value.as_str())
}

fn listed(pipeline: &Pipeline) -> String {
    let names: Vec<_> = names(pipeline).take(MAX_LISTED).collect();
    format!("stages of the pipeline: {}", names.join(", "))
}

fn report_unknown(
    pipeline: &Pipeline,
    job: &Job,
    stage: &Spanned<String>,
    problems: &mut Vec<Diagnostic>,
) {
    let written = &stage.value;
    let declares_none = names(pipeline).eq([DEFAULT_STAGE]);
    // The stages of a broken file may be what is broken.
    if declares_none && !pipeline.intact {
        return;
    }
    let message = format!("job `{}` is in unknown stage `{written}`", job.name.value);
    let problem = Diagnostic::error("unknown-stage", message);
    problems.push(match declares_none {
        true => problem
            .at(stage.span.clone(), "the pipeline declares no stages")
            .help("declare it: `[stages.NAME]`; or leave `stage` out"),
        false => {
            let label = suggestion(problems, written, names(pipeline), "no such stage");
            problem.at(stage.span.clone(), label).help(listed(pipeline))
        }
    });
}

/// In a broken file the stage may be what is broken.
fn report_missing(pipeline: &Pipeline, job: &Job, problems: &mut Vec<Diagnostic>) {
    if !pipeline.intact {
        return;
    }
    let message = format!("job `{}` names no stage", job.name.value);
    problems.push(
        Diagnostic::error("missing-key", message)
            .at(job.name.span.clone(), "`stage` is missing")
            .help(listed(pipeline)),
    );
}

fn empty(stage: &Stage) -> Diagnostic {
    let name = &stage.name.value;
    Diagnostic::error(
        "no-jobs",
        format!("stage `{name}` must contain at least one job"),
    )
    .at(stage.name.span.clone(), "no job is in this stage")
    .help(format!("add a job:\n\n[jobs.NAME]\nstage = {name:?}"))
}
