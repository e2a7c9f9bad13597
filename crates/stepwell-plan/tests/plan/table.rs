//! The tables in `tests/tables`: one case per line and what comes of it.
//!
//! Lines that start with `#` are comments; `# section 6.2` names the sections of the rules that the
//! rows after it belong to. The counts are written down so that no row is lost, and told by section once
//! all rows held.

use crate::{command, request};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use stepwell_expr::{DateTime, Value};
use stepwell_plan::{
    Capabilities, Plan, PlannedLeg, PlannedStrategy, Request, RunFacts, RunNumberFormat,
    computed_legs, plan,
};

#[track_caller]
fn check(table: &str, count: usize, outcome: fn(&str) -> String) {
    let lines = table.lines().zip(1..);
    let rows: Vec<_> = lines
        .filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'))
        .collect();
    let failures: Vec<_> = rows
        .iter()
        .filter_map(|(line, number)| {
            let (case, expected) = line.split_once(" => ").expect("each row has a result");
            let found = outcome(case);
            (found != expected).then(|| {
                format!("line {number}: {case}\n  expected {expected}\n  was      {found}")
            })
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(rows.len(), count, "number of rows");
    tell(table);
}

/// Says how many rows there are of each section: `semantics: SECTION ROWS`.
fn tell(table: &str) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sections = Vec::new();
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(names) = line.strip_prefix("# section ") {
            sections = names.split(' ').collect();
        } else if !line.starts_with('#') {
            for section in &sections {
                *counts.entry(section).or_default() += 1;
            }
        }
    }
    for (section, count) in counts {
        println!("semantics: {section} {count}");
    }
}

/// What a pipeline is planned as, or the first thing that is wrong with it.
fn planned(text: &str, request: &Request<'_>) -> Result<Plan, String> {
    let (pipeline, mut diagnostics) = stepwell_spec::parse(text);
    let pipeline = pipeline.expect("the text is TOML");
    let (plan, more) = plan(&pipeline, request, &[command("x")]);
    diagnostics.extend(more);
    let error = diagnostics.iter().find(|problem| problem.is_error());
    match error {
        Some(error) => Err(format!("error: {}", error.message)),
        None => Ok(plan.expect("a pipeline without errors has a plan")),
    }
}

fn either(result: Result<String, String>) -> String {
    result.unwrap_or_else(|problem| problem)
}

/// A pipeline of `stages a, b: a c, c: -` and `jobs a@stage: b, b`. Stages without jobs that are
/// listed have one each.
fn pipeline(case: &str) -> (String, bool) {
    let mut text = String::new();
    let mut stages = Vec::new();
    let mut jobs = Vec::new();
    for section in case.split(" | ") {
        let (kind, nodes) = section.split_once(' ').expect("a section has a kind");
        let nodes = nodes.split(", ").map(|node| {
            let (name, names) = node.split_once(':').unwrap_or((node, ""));
            (name, names.split_whitespace().collect::<Vec<_>>())
        });
        match kind {
            "stages" => stages.extend(nodes),
            "jobs" => jobs.extend(nodes),
            _ => panic!("{kind}"),
        }
    }
    let of_jobs = !jobs.is_empty();
    for (name, names) in &stages {
        writeln!(text, "[stages.{name}]").unwrap();
        match names[..] {
            [] => {}
            ["-"] => text.push_str("depends-on = []\n"),
            _ => writeln!(text, "depends-on = {names:?}").unwrap(),
        }
    }
    let own: Vec<_> = stages.iter().map(|(name, _)| format!("j@{name}")).collect();
    if !of_jobs {
        jobs.extend(own.iter().map(|name| (name.as_str(), Vec::new())));
    }
    for (number, (node, names)) in jobs.iter().enumerate() {
        let (name, stage) = node.split_once('@').unwrap_or((node, ""));
        let name = match of_jobs {
            true => name.to_owned(),
            false => format!("{name}{number}"),
        };
        writeln!(text, "[jobs.{name}]\ndepends-on = {names:?}").unwrap();
        if !stage.is_empty() {
            writeln!(text, "stage = \"{stage}\"").unwrap();
        }
        writeln!(text, "[[jobs.{name}.steps]]\ntask = \"x\"").unwrap();
    }
    (text, of_jobs)
}

#[test]
fn graphs() {
    check(include_str!("../tables/graph.txt"), 27, |case| {
        let (text, of_jobs) = pipeline(case);
        either(planned(&text, &request()).map(|plan| {
            let names: Vec<_> = match of_jobs {
                true => plan.jobs.iter().map(|job| &*job.name).collect(),
                false => plan.stages.iter().map(|stage| &*stage.name).collect(),
            };
            let lists: Vec<_> = match of_jobs {
                true => plan.jobs.iter().map(|job| &job.depends_on).collect(),
                false => plan.stages.iter().map(|stage| &stage.depends_on).collect(),
            };
            let nodes = names.iter().zip(lists).map(|(name, list)| {
                let waits: Vec<_> = list.iter().map(|position| names[*position]).collect();
                match waits.is_empty() {
                    true => (*name).to_owned(),
                    false => format!("{name} < {}", waits.join(" ")),
                }
            });
            nodes.collect::<Vec<_>>().join("; ")
        }))
    });
}

fn shown(legs: &[PlannedLeg]) -> String {
    let legs = legs.iter().map(|leg| {
        let pairs = leg.variables.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{}({})", leg.name, pairs.join(","))
    });
    legs.collect::<Vec<_>>().join(" ")
}

#[test]
fn strategies() {
    check(include_str!("../tables/strategy.txt"), 38, |case| {
        let (kind, text) = case.split_once(" | ").expect("a case has a kind");
        let computed = |value: &Value| match computed_legs(value) {
            Ok(legs) if legs.is_empty() => "once".to_owned(),
            Ok(legs) => shown(&legs),
            Err(problem) => format!("error: {problem}"),
        };
        match kind {
            "file" => either(of_file(&text.replace("\\n", "\n"))),
            "text" => computed(&text.into()),
            "value" => {
                let json = serde_json::from_str(text).expect("the case is JSON");
                computed(&Value::from_json(&json).expect("numbers are small"))
            }
            _ => panic!("{kind}"),
        }
    });
}

fn of_file(lines: &str) -> Result<String, String> {
    let text = format!("[jobs.a]\n{lines}\n[[jobs.a.steps]]\ntask = \"x\"\n");
    let plan = planned(&text, &request())?;
    let (shown, limit) = match &plan.jobs[0].strategy {
        PlannedStrategy::Single => ("once".to_owned(), &None),
        PlannedStrategy::Slices(count) => (format!("{count} slices"), &None),
        PlannedStrategy::Matrix { legs, max_parallel } => (shown(legs), max_parallel),
        PlannedStrategy::ComputedMatrix { legs, max_parallel } => {
            (legs.text().to_owned(), max_parallel)
        }
    };
    Ok(match limit {
        Some(limit) => format!("{shown}, {limit} at a time"),
        None => shown,
    })
}

#[test]
fn demands() {
    check(include_str!("../tables/demand.txt"), 16, |case| {
        let (has, wanted) = case.split_once(" | ").expect("a case has two sides");
        let has = has.split(", ").filter_map(|pair| pair.split_once('='));
        let capabilities: Capabilities = has.collect();
        let wanted: Vec<_> = wanted.split(", ").collect();
        let text = format!("[jobs.a]\ndemands = {wanted:?}\n[[jobs.a.steps]]\ntask = \"x\"\n");
        let request = Request {
            capabilities: &capabilities,
            ..request()
        };
        either(
            planned(&text, &request).map(|plan| match &plan.jobs[0].unmet_demand {
                Some(demand) => format!("unmet: {demand}"),
                None => "met".to_owned(),
            }),
        )
    });
}

fn number(format: &str) -> Result<String, String> {
    let format = RunNumberFormat::parse(format).map_err(|error| error.message)?;
    let variables = |name: &str| {
        let value = match name.to_ascii_lowercase().as_str() {
            "version" => "1.0",
            "ref" => "refs/heads",
            "dotted" => "1.",
            "empty" => " ",
            "lines" => "a\nb",
            "long" => return Some("x".repeat(300)),
            _ => return None,
        };
        Some(value.to_owned())
    };
    let draft = format.draft(&RunFacts {
        // The same time in UTC is 21:07:03.
        now: DateTime::parse("2024-05-07 01:07:03+4:00").unwrap(),
        run_id: 752,
        definition: "CIBuild",
        branch: "refs/heads/feature/tools",
        project: "Fabrikam",
        variables: &variables,
    });
    let number = draft.number(2)?;
    Ok(match draft.key() {
        Some(key) => format!("{number} for {key}"),
        None => number,
    })
}

#[test]
fn run_numbers() {
    check(include_str!("../tables/run-number.txt"), 68, |case| {
        either(number(case).map_err(|problem| format!("error: {problem}")))
    });
}
