//! Variables in both of their forms, and which names they may have.

use crate::{job, problems, read, step};
use stepwell_spec::{VariableValue, parse};

fn with(variables: &str) -> String {
    format!("[variables]\n{variables}\n{}", step(""))
}

#[test]
fn a_variable_is_a_scalar_or_a_table() {
    let pipeline = read(&with(
        "a = \"x\"\nb = { value = 1 }\nc = { value = true, readonly = true }\n\
         d = { value = \"$[ 1 ]\", readonly = false }",
    ));
    let found: Vec<_> = pipeline
        .variables
        .iter()
        .map(|variable| (variable.name.value.as_str(), variable.read_only))
        .collect();
    assert_eq!(
        found,
        [("a", false), ("b", false), ("c", true), ("d", false)]
    );
    assert_eq!(
        pipeline.variables[2].value.value,
        VariableValue::Text("true".to_owned())
    );
}

#[test]
fn the_table_of_a_variable_has_a_value() {
    insta::assert_snapshot!(problems(&with("a = { readonly = true }")), @r#"
    error[missing-key]: variable `a` has no value
      2:1 "a" `value` is missing
      help: write `{ value = "…", readonly = true }`, or only the value
    "#);
    insta::assert_snapshot!(problems(&with("a = { value = [], readonly = 1, secret = true }")), @r#"
    error[wrong-type]: `value` must be a string, a number or a boolean, not an array
      2:15 "[]" this is an array
    error[wrong-type]: `readonly` must be `true` or `false`, not an integer
      2:30 "1" this is an integer
    error[unknown-key]: unknown key `secret` in a variable
      2:33 "secret" not a key that belongs here
      help: accepted here: value, readonly
    "#);
    insta::assert_snapshot!(problems(&with("a = []")), @r#"
    error[wrong-type]: `a` must be a string, a number or a boolean, not an array
      2:5 "[]" this is an array
    "#);
}

#[test]
fn variables_of_the_system_are_ignored() {
    let text = with("\"System.JobName\" = 1\n\"build.buildid\" = 2\n\"System.Debug\" = true");
    let (pipeline, diagnostics) = parse(&text);
    let pipeline = pipeline.unwrap();
    assert!(pipeline.intact);
    assert_eq!(pipeline.variables.len(), 1);
    assert_eq!(pipeline.variables[0].name.value, "System.Debug");
    insta::assert_snapshot!(crate::render(&text, &diagnostics), @r#"
    warning[ignored-variable]: variable `System.JobName` is set by the system
      2:1 "\"System.JobName\"" what is written here is ignored
      help: give the variable another name
    warning[ignored-variable]: variable `build.buildid` is set by the system
      3:1 "\"build.buildid\"" what is written here is ignored
      help: give the variable another name
    "#);
}

#[test]
fn names_are_checked_in_every_scope() {
    insta::assert_snapshot!(problems(&job("variables = { SecretKey = 1 }")), @r#"
    error[invalid-name]: variable `SecretKey` begins with the reserved word `secret`
      2:15 "SecretKey" not the name of a variable
      help: no variable begins with `endpoint`, `input`, `secret`, `path`, `securefile`
    "#);
    insta::assert_snapshot!(problems(&job("variables = { a = 1, A = 2 }")), @r#"
    error[duplicate-name]: variable `A` appears more than once
      2:22 "A" the same name again
      2:15 "a" first here
      help: names that differ only in case are the same name
    "#);
    insta::assert_snapshot!(
        problems("[stages.s]\nvariables = { \" \" = 1 }\n[jobs.a]\nstage = \"s\"\nsteps = [{ task = \"x\" }]"),
        @r#"
    error[invalid-name]: the name of a variable cannot be blank
      2:15 "\" \"" not the name of a variable
      help: no variable begins with `endpoint`, `input`, `secret`, `path`, `securefile`
    "#
    );
}

#[test]
fn the_format_of_run_numbers_is_one_line() {
    let format = |value: &str| format!("run-number = {value}\n{}", step(""));
    let pipeline = read(&format("\"1.0$(Rev:.r)\""));
    assert_eq!(pipeline.run_number.unwrap().value, "1.0$(Rev:.r)");
    assert_eq!(read(&format("\" \"")).run_number.unwrap().value, "");
    assert_eq!(read(&step("")).run_number, None);
    read(&format(&format!("\"{}\"", "é".repeat(255))));
    insta::assert_snapshot!(problems(&format("\"a\\nb\"")), @r#"
    error[invalid-value]: `run-number` must be one line of text
      1:14 "\"a\\nb\"" this holds a control character
    "#);
    let long = parse(&format(&format!("\"{}\"", "x".repeat(256)))).1;
    assert_eq!(
        long[0].message,
        "`run-number` must have at most 255 characters"
    );
    assert_eq!(long[0].labels[0].message, "this has 256");
}
