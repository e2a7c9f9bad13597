//! Inputs and arguments.

use crate::{command, input, planned, refused, task};
use stepwell_event::{InputSpec, InputType};
use stepwell_plan::{Invocation, ResolvedTask};

fn pipeline(line: &str) -> String {
    format!("[[steps]]\ntask = \"scan\"\n{line}\n")
}

fn scan() -> ResolvedTask {
    let path = InputSpec {
        required: true,
        help: "the directory to scan".to_owned(),
        ..input("path", InputType::Path)
    };
    let level = InputSpec {
        default: Some("3".to_owned()),
        ..input("level", InputType::Number)
    };
    let format = InputSpec {
        values: vec!["text".to_owned(), "json".to_owned()],
        ..input("format", InputType::String)
    };
    let rules = InputSpec {
        values: vec!["keys".to_owned(), "tokens".to_owned()],
        ..input("rules", InputType::List)
    };
    let deep = input("deep", InputType::Boolean);
    task("scan", vec![path, level, format, rules, deep], Vec::new())
}

#[track_caller]
fn check(inputs: &str, expect: &[(&str, &str)]) {
    let plan = planned(&pipeline(&format!("inputs = {{ {inputs} }}")), &[scan()]);
    let expect = expect
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(
        plan.jobs[0].steps[0].invocation,
        Invocation::Task { inputs: expect }
    );
}

/// The input is refused with `message`.
#[track_caller]
fn check_refused(inputs: &str, message: &str) {
    let text = pipeline(&format!("inputs = {{ path = \"src\", {inputs} }}"));
    let found = refused(&text, &[scan()]);
    assert!(found.contains(message), "{found}");
}

#[test]
fn inputs_follow_the_declaration_and_defaults_are_filled_in() {
    check("path = \"src\"", &[("path", "src"), ("level", "3")]);
    check(
        "deep = true, level = 1.5, path = \"src\", rules = [\"keys\", \"tokens\"]",
        &[
            ("path", "src"),
            ("level", "1.5"),
            ("rules", "keys\ntokens"),
            ("deep", "true"),
        ],
    );
}

#[test]
fn values_with_macros_are_checked_by_nobody_before_the_run() {
    check(
        "path = \"$(p)\", level = \"$(l)\", format = \"x$(f)\"",
        &[("path", "$(p)"), ("level", "$(l)"), ("format", "x$(f)")],
    );
}

#[test]
fn values_are_checked_against_their_type() {
    check_refused(
        "deep = \"yes\"",
        "invalid-input: input `deep` must be `true` or `false`",
    );
    check_refused("level = \"high\"", "input `level` must be a decimal number");
    check_refused("level = inf", "input `level` must be a decimal number");
    check_refused("level = \"\"", "input `level` must be a decimal number");
    check_refused("format = \"jsno\"", "did you mean `json`?");
    check_refused("format = \"\"", "accepted here: text, json");
    check_refused(
        "rules = [\"keys\", \"all\"]",
        "input `rules` cannot be \"all\"",
    );
    let found = refused(&pipeline("inputs = { path = \"/etc\" }"), &[scan()]);
    assert!(
        found.contains("a path relative to the workspace"),
        "{found}"
    );
}

#[test]
fn a_missing_input_is_explained() {
    insta::assert_snapshot!(refused(&pipeline(""), &[scan()]), @r#"
    missing-input: task `scan` needs input `path`
      line 2 "\"scan\"" is not given it
      help: `path` (path): the directory to scan
    "#);
}

#[test]
fn an_unknown_input_comes_with_the_declared_ones() {
    let text = pipeline("inputs = { path = \"src\", levle = 1 }");
    insta::assert_snapshot!(refused(&text, &[scan()]), @r#"
    unknown-input: task `scan` has no input `levle`
      line 3 "levle" did you mean `level`?
      help: inputs of the task: path, level, format, rules, deep
    "#);
    let text = pipeline("inputs = { x = 1 }");
    insta::assert_snapshot!(refused(&text, &[task("scan", Vec::new(), Vec::new())]), @r#"
    unknown-input: task `scan` has no input `x`
      line 3 "x" not an input of this task
      help: the task takes no inputs
    "#);
}

#[test]
fn typed_tasks_take_inputs_and_plain_commands_take_args() {
    insta::assert_snapshot!(refused(&pipeline("args = []"), &[scan()]), @r#"
    wrong-arguments: task `scan` takes inputs, not args
      line 3 "args" args are for plain commands
      help: inputs of the task: path, level, format, rules, deep
    "#);
    insta::assert_snapshot!(refused(&pipeline("inputs = {}"), &[command("scan")]), @r#"
    wrong-arguments: task `scan` is a plain command and takes args, not inputs
      line 3 "inputs" inputs are for typed tasks
      help: write `args = ["…"]`
    "#);
    let plan = planned(&pipeline(""), &[command("scan")]);
    assert_eq!(
        plan.jobs[0].steps[0].invocation,
        Invocation::Command { args: Vec::new() }
    );
}
