//! How many cases hold of each section of Azure's rules.
//!
//! The tests of the pure crates keep their cases in tables. A test says how many rows of which section
//! held, after the last of them: `semantics: SECTION ROWS`. This adds them up. A section without a
//! case is an error, so that no table is lost unnoticed.

use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use stepwell_testkit::guests::repository;

const CRATES: [&str; 5] = [
    "stepwell-expr",
    "stepwell-spec",
    "stepwell-plan",
    "stepwell-engine",
    "stepwell-results",
];

/// What a test says that counts, before the section and the number of rows.
const MARK: &str = "semantics: ";

/// The sections, which must have cases.
const SECTIONS: [(&str, &str); 34] = [
    ("1.2", "logging commands: escapes, which lines are commands"),
    ("1.3", "commands that cannot be followed"),
    ("1.4", "all commands"),
    (
        "1.5",
        "the agent's own cases: connections, policies, issues",
    ),
    ("1.6", "formatting commands"),
    ("2.1", "the three syntaxes of variables"),
    ("2.2", "names and the environment"),
    ("2.3", "macros"),
    ("2.4", "scopes"),
    ("2.5", "read-only variables"),
    ("2.6", "task.setvariable"),
    ("2.7", "addresses of output variables"),
    ("2.8", "masking of secrets"),
    ("3.1", "expressions: lexis and errors"),
    ("3.2", "conversions"),
    ("3.3", "comparisons"),
    ("3.4", "functions"),
    ("3.5", "truth, access, what is seen where"),
    ("3.6", "status functions"),
    ("4.1", "how results merge"),
    ("4.2", "results of steps"),
    ("4.3", "results of jobs"),
    ("4.4", "default conditions, skips"),
    ("4.5", "results of stages and runs"),
    ("5", "timeouts and cancellation"),
    ("6.1", "order of processing"),
    ("6.2", "names and the graph"),
    ("6.3", "matrix and slices"),
    ("7.1", "templates: files"),
    ("7.2", "templates: expressions and directives"),
    ("7.3", "parameters"),
    ("8", "demands"),
    ("9.1", "numbers of runs"),
    ("9.3", "counters"),
];

/// The conflicts between sources that are decided, which must have cases too. These count for their
/// section as well.
const CONFLICTS: [(&str, &str); 17] = [
    ("C1", "issues make a success one with issues"),
    ("C2", "task.complete without a result is an error"),
    ("C3", "artifact.associate takes either name of the type"),
    (
        "C4",
        "succeededOrFailed() with a skipped dependency is false",
    ),
    ("C5", "booleans are True and False"),
    ("C6", "numbers have a decimal point"),
    ("C7", "in and notIn take two arguments, iif three"),
    ("C9", "a job at its timeout: canceled, then failed"),
    ("C10", "expressions: 21 000 characters, 50 levels"),
    ("C11", "templates: 100 files, 100 levels, 20 MiB"),
    ("C12", "setting a read-only variable is an error"),
    ("C13", "outputs of slices begin with Job1."),
    ("C14", "outputs are there in the same job"),
    ("C15", "nothing reports that it was abandoned"),
    (
        "C17",
        "no number is the default, an empty one the identifier",
    ),
    ("C19", "both streams have commands"),
    ("C20", "values expand recursively, inputs one level"),
];

/// Runs the tests of the pure crates and prints how many cases there are of each section.
pub(crate) fn count() -> Result<()> {
    let told = test()?;
    let mut counts = counts(&told)?;
    let mut missing = Vec::new();
    let mut print = |rows: &[(&'static str, &str)]| {
        let mut total = 0;
        for &(section, what) in rows {
            let count = counts.remove(section).unwrap_or_default();
            if count == 0 {
                missing.push(section);
            }
            println!("{section:<7} | {what:<53} | {count:>5}");
            total += count;
        }
        total
    };
    println!("section | {:<53} | cases", "what");
    println!("--------|-{:-<53}-|------", "");
    let total = print(&SECTIONS);
    println!("        | {:<53} | {total:>5}", "all sections");
    println!();
    println!("decided | {:<53} | of these", "what");
    println!("--------|-{:-<53}-|------", "");
    print(&CONFLICTS);
    if let Some(unknown) = counts.keys().next() {
        bail!("a test counts cases of section {unknown}, which is not in xtask/src/semantics.rs");
    }
    if !missing.is_empty() {
        bail!("no cases of {}", missing.join(", "));
    }
    Ok(())
}

/// Runs the tests; gives what they print.
fn test() -> Result<String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--locked", "--tests"]);
    command.args(CRATES.iter().flat_map(|name| ["--package", name]));
    command.args(["--", "--nocapture"]);
    let output = command
        .current_dir(repository())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{told}\nthe tests failed, so nothing is counted");
    }
    Ok(told)
}

/// Adds up what the tests count. With one thread, a test's own line begins with its name.
fn counts(told: &str) -> Result<BTreeMap<&str, usize>> {
    let mut counts = BTreeMap::new();
    for line in told.lines() {
        let Some((_, count)) = line.split_once(MARK) else {
            continue;
        };
        let parts = count.split_once(' ');
        let parsed = parts.and_then(|(section, rows)| Some((section, rows.parse::<usize>().ok()?)));
        let Some((section, rows)) = parsed else {
            bail!("no count: {line}");
        };
        *counts.entry(section).or_default() += rows;
    }
    Ok(counts)
}
