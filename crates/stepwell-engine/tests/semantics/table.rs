//! The tables, a file for each chapter.

use crate::case::Table;
use std::collections::BTreeMap;

/// Runs every row of a table, and then says how many there were of each section.
#[track_caller]
fn check(text: &str) {
    let table: Table = toml::from_str(text).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in &table.case {
        let differences = case.differences();
        if !differences.is_empty() {
            failures.push(format!("== {}\n  {}", case.name, differences.join("\n  ")));
        }
        let section = case.section.as_ref().unwrap_or(&table.section);
        for section in std::iter::once(section).chain(&case.decides) {
            *counts.entry(section).or_default() += 1;
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for (section, count) in counts {
        println!("semantics: {section} {count}");
    }
}

#[test]
fn commands() {
    check(include_str!("tables/commands.toml"));
}

#[test]
fn variables() {
    check(include_str!("tables/variables.toml"));
}

#[test]
fn scopes() {
    check(include_str!("tables/scopes.toml"));
}

#[test]
fn outputs() {
    check(include_str!("tables/outputs.toml"));
}

#[test]
fn secrets() {
    check(include_str!("tables/secrets.toml"));
}

#[test]
fn expressions() {
    check(include_str!("tables/expressions.toml"));
}

#[test]
fn results() {
    check(include_str!("tables/results.toml"));
}

#[test]
fn stages() {
    check(include_str!("tables/stages.toml"));
}

#[test]
fn timelines() {
    check(include_str!("tables/timelines.toml"));
}

#[test]
fn strategies() {
    check(include_str!("tables/strategies.toml"));
}

#[test]
fn templates() {
    check(include_str!("tables/templates.toml"));
}

#[test]
fn agents() {
    check(include_str!("tables/agents.toml"));
}

#[test]
fn runs() {
    check(include_str!("tables/runs.toml"));
}
