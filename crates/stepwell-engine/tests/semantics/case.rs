//! One row of a table: a pipeline, what happens to it, and what comes of it.

use crate::program::milliseconds;
use crate::record::Record;
use crate::simulation::Simulation;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use stepwell_engine::{Opening, RootVariables, StartVariable, expanded, root_variables};
use stepwell_event::{Description, Digest, InputSpec, InputType};
use stepwell_expr::DateTime;
use stepwell_plan::{
    Capabilities, Ceilings, Plan, Request, ResolvedTask, RunFacts, TaskKind, plan, references,
};
use stepwell_spec::{Files, Pipeline};

/// When each run starts: 2024-05-06 21:07:03 UTC.
const STARTED_MS: u64 = 1_715_029_623_000;

/// A table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// The section of the rules that its rows are from.
    pub(crate) section: String,
    pub(crate) case: Vec<Case>,
}

/// A row. What is not given is not looked at, but results or problems are always compared.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The section, where it is another one than the table's.
    pub(crate) section: Option<String>,
    /// The conflict between sources that the row decides.
    pub(crate) decides: Option<String>,
    pipeline: String,
    /// Templates by path.
    files: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    /// Variables of the command line.
    variables: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    capabilities: BTreeMap<String, String>,
    /// When the run is canceled, and when at once.
    cancel: Option<String>,
    cancel_now: Option<String>,
    /// How many runs there are; the results are those of the last, all else is of all.
    runs: Option<usize>,

    /// `error: MESSAGE` or `warning: MESSAGE` for all that is said of the file.
    problems: Vec<String>,
    /// `run RESULT`, then `stage NAME RESULT`, then `JOB RESULT: STEP STEP …`.
    results: Vec<String>,
    prints: Option<Vec<String>>,
    log: Option<Vec<String>>,
    reasons: Option<Vec<String>>,
    timeline: Option<Vec<String>>,
    labels: Option<Vec<String>>,
    /// The numbers of the runs.
    numbers: Option<Vec<String>>,
}

impl Case {
    /// What differs from what was expected.
    pub(crate) fn differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, found: &[String], expected: Option<&Vec<String>>| {
            if let Some(expected) = expected.filter(|expected| *expected != found) {
                differences.push(format!(
                    "{what}\n    expected {expected:#?}\n    was {found:#?}"
                ));
            }
        };
        let (plan, problems) = self.plan();
        compare("problems", &problems, Some(&self.problems));
        let Some(plan) = plan else {
            let none = Vec::new();
            compare("results", &none, Some(&self.results));
            return differences;
        };
        let mut all = Record::default();
        let (mut numbers, mut counters) = (Vec::new(), HashMap::new());
        let mut results = Vec::new();
        for revision in 1..=self.runs.unwrap_or(1) {
            let opening = match open(&plan, revision, &mut counters) {
                Ok(opening) => opening,
                Err(problem) => {
                    results = vec![format!("none: {problem}")];
                    break;
                }
            };
            numbers.push(opening.number.clone());
            let record = self.simulated(plan.clone(), opening);
            results = record.results();
            compare("labels", &record.labels(), self.labels.as_ref());
            all.prints.extend(record.prints);
            all.log.extend(record.log);
            all.reasons.extend(record.reasons);
            all.timeline.extend(record.timeline);
        }
        compare("results", &results, Some(&self.results));
        compare("prints", &all.prints, self.prints.as_ref());
        compare("log", &all.log, self.log.as_ref());
        compare("reasons", &all.reasons, self.reasons.as_ref());
        compare("timeline", &all.timeline, self.timeline.as_ref());
        compare("numbers", &numbers, self.numbers.as_ref());
        differences
    }

    fn simulated(&self, plan: Plan, opening: Opening) -> Record {
        let mut simulation = Simulation::new(plan, opening);
        for (at, now) in [(&self.cancel, false), (&self.cancel_now, true)] {
            if let Some(at) = at {
                simulation.cancel(milliseconds(at), now);
            }
        }
        simulation.run()
    }

    /// The plan, and all that is said of the file.
    fn plan(&self) -> (Option<Plan>, Vec<String>) {
        let reading = stepwell_spec::read(stepwell_spec::Request {
            name: "pipeline.toml",
            path: "pipeline.toml",
            text: &self.pipeline,
            parameters: &pairs(&self.parameters),
            files: &mut Templates(&self.files),
        });
        let mut diagnostics = reading.diagnostics;
        let planned = reading.pipeline.map(|pipeline| {
            let capabilities: Capabilities = self.capabilities.iter().collect();
            let request = Request {
                variables: &pairs(&self.variables),
                secrets: &pairs(&self.secrets),
                capabilities: &capabilities,
                ceilings: &Ceilings::default(),
            };
            plan(&pipeline, &request, &tasks(&pipeline))
        });
        let (planned, problems) = planned.unwrap_or_default();
        diagnostics.extend(stepwell_spec::in_reading_order(problems));
        let told = diagnostics.iter().map(|problem| {
            let severity = if problem.is_error() {
                "error"
            } else {
                "warning"
            };
            format!("{severity}: {}", problem.message)
        });
        (planned, told.collect())
    }
}

struct Templates<'f>(&'f BTreeMap<String, String>);

impl Files for Templates<'_> {
    fn read(&mut self, path: &str) -> Result<String, String> {
        let text = self.0.get(path).cloned();
        text.ok_or_else(|| "there is no such file".to_owned())
    }
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let pairs = map.iter();
    pairs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Every task is a program of [`crate::program`]; one called `typed` has an input.
fn tasks(pipeline: &Pipeline) -> Vec<ResolvedTask> {
    let input = InputSpec {
        name: "text".to_owned(),
        kind: InputType::String,
        required: false,
        default: None,
        values: Vec::new(),
        help: String::new(),
    };
    let tasks = references(pipeline, &Ceilings::default())
        .into_iter()
        .map(|reference| ResolvedTask {
            digest: Digest::from_sha256([7; 32]),
            kind: match reference.name.as_str() {
                "typed" => TaskKind::Task(Description {
                    name: "typed".to_owned(),
                    inputs: vec![input.clone()],
                    ..Description::default()
                }),
                _ => TaskKind::Command,
            },
            name: reference.name,
        });
    tasks.collect()
}

/// What a run begins with. Counters go on from run to run, as a store has it.
fn open(
    plan: &Plan,
    revision: usize,
    counters: &mut HashMap<String, i64>,
) -> Result<Opening, String> {
    let predefined = [
        fixed("Build.SourceBranch", "refs/heads/main"),
        fixed("Build.BuildId", "752"),
    ];
    let mut counted = HashMap::new();
    let mut variables = loop {
        match root_variables(plan, &predefined, STARTED_MS, &counted)? {
            RootVariables::Known(variables) => break variables,
            RootVariables::Needs(counter) => {
                let last = counters.get(&counter.prefix);
                let value = last.map_or(counter.seed, |last| last + 1);
                counters.insert(counter.prefix.clone(), value);
                let again = counted.insert(counter.key(), value);
                assert_eq!(again, None, "a counter is asked for once");
            }
        }
    };
    let value_of = |name: &str| expanded(&variables, name);
    let draft = plan.run_number.draft(&RunFacts {
        now: DateTime::from_unix(STARTED_MS.cast_signed() / 1_000, 0, 0).unwrap(),
        run_id: 752,
        definition: &plan.name,
        branch: "refs/heads/main",
        project: "Fabrikam",
        variables: &value_of,
    });
    let number = draft.number(u32::try_from(revision).unwrap())?;
    variables.push(fixed("Build.BuildNumber", &number));
    Ok(Opening {
        number,
        started_ms: STARTED_MS,
        variables,
        ..Opening::default()
    })
}

fn fixed(name: &str, value: &str) -> StartVariable {
    StartVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        read_only: true,
        untrusted: false,
    }
}
