//! The tables: what somebody writes, and what becomes of it.
//!
//! A table has cases. A case begins with `=== NAME`; `--- FILE` begins a file, `--- param NAME=VALUE`
//! is a parameter of the command line, `--- main FILE` says which file is the pipeline, and
//! `--- expect` begins what [`crate::render`] must give. With `UPDATE_TABLES` set in the environment,
//! that is written instead of compared.
//!
//! A table begins with `# section 7.1`, the section of the rules that it is about. Once all its cases
//! held, it tells their number: `semantics: SECTION CASES`.

use crate::{MAIN, Project, render};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const CASE: &str = "=== ";
const SECTION: &str = "--- ";
const EXPECT: &str = "--- expect";

/// Every case of a table is what it is expected to be.
#[track_caller]
fn check(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/template/tables")
        .join(table);
    let text = fs::read_to_string(&path).unwrap();
    let mut cases = text.split(CASE);
    let mut updated = cases.next().unwrap().to_owned();
    let heading = updated.trim().strip_prefix("# section ");
    let section = heading.expect("a table names its section").to_owned();
    let (mut failed, mut count) = (Vec::new(), 0);
    for case in cases {
        let (input, expect) = case.split_once(EXPECT).unwrap();
        let found = outcome(input);
        write!(updated, "{CASE}{input}{EXPECT}\n{found}\n\n").unwrap();
        count += 1;
        if found.trim() != expect.trim() {
            failed.push(format!("{CASE}{input}{EXPECT}{expect}--- found\n{found}\n"));
        }
    }
    assert!(count > 0);
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(&path, updated.trim_end().to_owned() + "\n").unwrap();
        return;
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    println!("semantics: {section} {count}");
}

fn outcome(input: &str) -> String {
    let mut project = Project::default();
    let (mut parameters, mut main) = (Vec::new(), MAIN);
    for section in input.split(SECTION).skip(1) {
        let (header, text) = section.split_once('\n').unwrap();
        if let Some(parameter) = header.strip_prefix("param ") {
            let (name, value) = parameter.split_once('=').unwrap();
            parameters.push((name.to_owned(), value.to_owned()));
        } else if let Some(path) = header.strip_prefix("main ") {
            main = path;
        } else {
            project.files.insert(header.to_owned(), text.to_owned());
        }
    }
    let reading = project.read(main, &parameters);
    assert!(project.reads.values().all(|reads| *reads == 1));
    render(&reading)
}

#[test]
fn directives() {
    check("directives.txt");
}

#[test]
fn misused_directives() {
    check("misused-directives.txt");
}

#[test]
fn expressions() {
    check("expressions.txt");
}

#[test]
fn parameters() {
    check("parameters.txt");
}

#[test]
fn refused_parameters() {
    check("refused-parameters.txt");
}

#[test]
fn inclusions() {
    check("inclusions.txt");
}

#[test]
fn refused_inclusions() {
    check("refused-inclusions.txt");
}

#[test]
fn variables() {
    check("variables.txt");
}

#[test]
fn extends() {
    check("extends.txt");
}
