//! The tables in `tests/tables`: one expression per line and what it gives.
//!
//! A line is `expression => result`, or `setting | expression => result` in the tables of accesses,
//! where the setting is the JSON that `testFunction()` gives, and of status functions, where it is a
//! standing. Lines that start with `#` are comments; `# section 3.1` names the sections of the rules that
//! the rows after it belong to. The counts are written down so that no row is lost, and told by section
//! once all rows held.

use crate::world::{World, outcome};
use std::collections::BTreeMap;
use stepwell_event::StepResult;
use stepwell_expr::{Standing, Value};

/// A line of a table.
struct Row<'t> {
    number: usize,
    setting: Option<&'t str>,
    expression: &'t str,
    result: &'t str,
}

/// The rows of a table; with settings if `settings`.
fn rows(table: &str, settings: bool) -> Vec<Row<'_>> {
    let lines = table.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let (left, result) = line.rsplit_once(" =>").expect("each row has a result");
            let (setting, expression) = match left.split_once(" | ") {
                Some((setting, expression)) if settings => (Some(setting), expression),
                _ => (None, left),
            };
            Row {
                number: number + 1,
                setting,
                expression,
                result: result.trim(),
            }
        })
        .collect()
}

/// Evaluates all rows, and says all that differ.
#[track_caller]
fn check(table: &str, count: usize, world: Option<fn(&str) -> World>) {
    let rows = rows(table, world.is_some());
    let ordinary = World::ordinary();
    let failures: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let own = row.setting.and_then(|setting| Some(world?(setting)));
            let result = outcome(row.expression, own.as_ref().unwrap_or(&ordinary));
            let Row {
                number,
                expression,
                result: expected,
                ..
            } = row;
            (result != *expected).then(|| {
                format!("line {number}: {expression}\n  expected {expected}\n  was      {result}")
            })
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} rows\n{}",
        failures.len(),
        failures.join("\n")
    );
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

#[test]
fn lexis() {
    check(include_str!("../tables/lexis.txt"), 136, None);
}

#[test]
fn conversions() {
    check(include_str!("../tables/conversions.txt"), 102, None);
}

#[test]
fn comparisons() {
    check(include_str!("../tables/comparisons.txt"), 119, None);
}

#[test]
fn functions() {
    check(include_str!("../tables/functions.txt"), 254, None);
}

#[test]
fn accesses() {
    let world = |setting: &str| {
        let json = serde_json::from_str(setting).expect("the setting is JSON");
        let value = Value::from_json(&json).expect("numbers are small");
        World::new(Standing::of_step(None), value)
    };
    check(include_str!("../tables/accesses.txt"), 96, Some(world));
}

#[test]
fn status_functions() {
    check(
        include_str!("../tables/status.txt"),
        75,
        Some(|setting| World::new(standing(setting), Value::Null)),
    );
}

/// A standing: `step Failed`, or `running` or `canceling` and pairs such as `a=Succeeded`.
fn standing(setting: &str) -> Standing {
    let mut words = setting.split_whitespace();
    let state = words.next().expect("a setting starts with a word");
    if state == "step" {
        return Standing::of_step(words.next().and_then(result));
    }
    assert!(["running", "canceling"].contains(&state), "{state}");
    let dependencies = words.map(|word| {
        let (name, value) = word.split_once('=').expect("a dependency has a result");
        (name.to_owned(), result(value))
    });
    Standing::of_dependent(state == "canceling", dependencies)
}

fn result(name: &str) -> Option<StepResult> {
    Some(match name {
        "Succeeded" => StepResult::Succeeded,
        "SucceededWithIssues" => StepResult::SucceededWithIssues,
        "Failed" => StepResult::Failed,
        "Canceled" => StepResult::Canceled,
        "Skipped" => StepResult::Skipped,
        "unset" => return None,
        _ => panic!("no result is called {name}"),
    })
}
