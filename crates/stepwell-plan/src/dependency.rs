//! What the names in `depends-on` stand for.

use crate::graph::{Edge, Graph};
use crate::placement::Placement;
use crate::suggestion::suggestion;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{DEFAULT_STAGE, Pipeline, Spanned, Stage, name};

/// For each stage the positions of the stages that it waits for. One that says nothing waits for the
/// one before it.
pub(crate) fn of_stages(stages: &[Stage], problems: &mut Vec<Diagnostic>) -> Vec<Vec<usize>> {
    let mut positions = HashMap::new();
    for (position, stage) in stages.iter().enumerate() {
        positions
            .entry(name::fold(&stage.name.value))
            .or_insert(position);
    }
    let names = || stages.iter().map(|stage| stage.name.value.as_str());
    let edges = stages.iter().enumerate().map(|(position, stage)| {
        let Some(written) = &stage.depends_on else {
            let before = position.checked_sub(1).map(|to| Edge {
                to,
                span: stage.name.span.clone(),
                implied: true,
            });
            return before.into_iter().collect();
        };
        let mut list = List::new("stage", &stage.name.value);
        for name in written {
            match positions.get(&name::fold(&name.value)) {
                Some(to) => list.add(*to, name, problems),
                None => list.report_unknown(name, names(), problems),
            }
        }
        list.edges
    });
    let graph = Graph {
        what: "stage",
        edges: edges.collect(),
        names: names().collect(),
    };
    let all: Vec<_> = (0..stages.len()).collect();
    graph.report_stuck("the pipeline", &all, &graph.stuck(), problems);
    graph.into_positions()
}

/// For each job the positions of the jobs that it waits for, all of its own stage.
pub(crate) fn of_jobs(
    pipeline: &Pipeline,
    placement: &Placement,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Vec<usize>> {
    let keys: Vec<_> = pipeline
        .jobs
        .iter()
        .map(|job| name::fold(&job.name.value))
        .collect();
    let index = Index::of(&keys, &placement.stages);
    let name_of = |job: &usize| pipeline.jobs.get(*job).map(|job| job.name.value.as_str());
    let edges = pipeline.jobs.iter().zip(&placement.stages);
    let edges = edges.map(|(job, stage)| {
        let mut list = List::new("job", &job.name.value);
        // What a job without a stage waits for cannot be judged.
        let Some(own) = *stage else {
            return Vec::new();
        };
        for name in &job.depends_on {
            match index.find(&name::fold(&name.value), own) {
                Found::Here(to) => list.add(to, name, problems),
                Found::Nowhere => {
                    let jobs = placement.jobs.get(own).into_iter().flatten();
                    list.report_unknown(name, jobs.filter_map(name_of), problems);
                }
                Found::In(other) => {
                    let stages = [own, other].map(|stage| pipeline.stages.get(stage));
                    if let [Some(own), Some(other)] = stages {
                        list.report_elsewhere(name, own, other, problems);
                    }
                }
                Found::Perhaps => {}
            }
        }
        list.edges
    });
    let graph = Graph {
        what: "job",
        edges: edges.collect(),
        names: pipeline
            .jobs
            .iter()
            .map(|job| job.name.value.as_str())
            .collect(),
    };
    let stuck = graph.stuck();
    for (stage, jobs) in pipeline.stages.iter().zip(&placement.jobs) {
        let container = match stage.name.value.as_str() {
            DEFAULT_STAGE => "the pipeline".to_owned(),
            name => format!("stage `{name}`"),
        };
        graph.report_stuck(&container, jobs, &stuck, problems);
    }
    graph.into_positions()
}

/// Jobs by folded name.
struct Index<'k> {
    /// Positions by stage and name.
    jobs: HashMap<(usize, &'k str), usize>,
    /// The stage of the first job of this name.
    anywhere: HashMap<&'k str, Option<usize>>,
}

enum Found {
    /// The position of a job of the same stage.
    Here(usize),
    /// In another stage.
    In(usize),
    /// In no stage that is known, so perhaps in the same.
    Perhaps,
    Nowhere,
}

impl<'k> Index<'k> {
    fn of(keys: &'k [String], stages: &[Option<usize>]) -> Self {
        let mut jobs = HashMap::new();
        let mut anywhere = HashMap::new();
        for (position, (key, stage)) in keys.iter().zip(stages).enumerate() {
            anywhere.entry(key.as_str()).or_insert(*stage);
            if let Some(stage) = stage {
                jobs.entry((*stage, key.as_str())).or_insert(position);
            }
        }
        Self { jobs, anywhere }
    }

    fn find(&self, key: &str, stage: usize) -> Found {
        match (self.jobs.get(&(stage, key)), self.anywhere.get(key)) {
            (Some(position), _) => Found::Here(*position),
            (None, Some(Some(stage))) => Found::In(*stage),
            (None, Some(None)) => Found::Perhaps,
            (None, None) => Found::Nowhere,
        }
    }
}

/// The dependencies of one stage or job.
struct List<'p> {
    what: &'static str,
    /// Whose they are.
    owner: &'p str,
    edges: Vec<Edge>,
    first: HashMap<usize, Range<usize>>,
}

impl<'p> List<'p> {
    fn new(what: &'static str, owner: &'p str) -> Self {
        Self {
            what,
            owner,
            edges: Vec::new(),
            first: HashMap::new(),
        }
    }

    fn add(&mut self, to: usize, name: &Spanned<String>, problems: &mut Vec<Diagnostic>) {
        match self.first.entry(to) {
            Entry::Vacant(entry) => {
                entry.insert(name.span.clone());
                self.edges.push(Edge {
                    to,
                    span: name.span.clone(),
                    implied: false,
                });
            }
            Entry::Occupied(entry) => {
                let message = format!(
                    "{0} `{1}` depends on {0} `{2}` more than once",
                    self.what, self.owner, name.value
                );
                problems.push(
                    Diagnostic::error("duplicate-dependency", message)
                        .at(name.span.clone(), "remove this")
                        .at(entry.get().clone(), "first here"),
                );
            }
        }
    }

    fn report_unknown<'n>(
        &self,
        name: &Spanned<String>,
        candidates: impl Iterator<Item = &'n str>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let Self { what, owner, .. } = self;
        let code = match *what {
            "stage" => "unknown-stage",
            _ => "unknown-job",
        };
        let message = format!(
            "{what} `{owner}` depends on unknown {what} `{}`",
            name.value
        );
        let others = candidates.filter(|candidate| candidate != owner);
        let otherwise = format!("no such {what}");
        let label = suggestion(problems, &name.value, others, &otherwise);
        problems.push(Diagnostic::error(code, message).at(name.span.clone(), label));
    }

    fn report_elsewhere(
        &self,
        name: &Spanned<String>,
        own: &Stage,
        other: &Stage,
        problems: &mut Vec<Diagnostic>,
    ) {
        let owner = self.owner;
        let [own, other] = [own, other].map(|stage| &stage.name.value);
        let message = format!("job `{owner}` depends on unknown job `{}`", name.value);
        problems.push(
            Diagnostic::error("unknown-job", message)
                .at(
                    name.span.clone(),
                    format!("this job is in stage `{other}`, and `{owner}` in `{own}`"),
                )
                .help(format!(
                    "jobs wait for jobs of their own stage; let the stage wait instead:\n\n\
                     [stages.{own}]\ndepends-on = [{other:?}]"
                )),
        );
    }
}
