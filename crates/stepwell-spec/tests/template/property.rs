//! Nothing that somebody writes makes reading panic, and what is said has a place in a file.

use crate::{MAIN, Project, render};
use proptest::prelude::*;
use proptest::sample::Index;
use stepwell_diagnostic::Diagnostic;

const PIPELINE: &str = r#"
[parameters.names]
type = "object"
default = ["a", "b"]
[parameters.flag]
type = "boolean"
default = true
[variables]
X = "1"
_ = { template = "vars.toml" }
[tasks.lint]
source = "lint.wasm"
[jobs."j_${{ name }}"]
each = "name in parameters.names"
if = "ne(name, 'c')"
variables = { Y = "${{ variables.X }}${{ name }}" }
[[jobs."j_${{ name }}".steps]]
if = "parameters.flag"
task = "lint"
inputs = { a = { if = "true", value = "${{ length(name) }}" }, list = ["${{ parameters.names }}"] }
[[jobs."j_${{ name }}".steps]]
else = true
[[jobs."j_${{ name }}".steps.steps]]
task = "none"
[[jobs."j_${{ name }}".steps]]
template = "steps.toml"
parameters = { steps = [{ task = "x" }], n = 2 }
[jobs.more]
template = "jobs.toml"
"#;

const STEPS: &str = r#"
[parameters.steps]
type = "stepList"
[parameters.n]
type = "number"
values = [1, 2]
[[steps]]
insert = "parameters.steps"
[[steps]]
task = "n${{ parameters.n }}"
[steps.env]
E = "${{ variables.Y }}"
"#;

const JOBS: &str = "[jobs.extra]\nsteps = [{ task = \"e\" }]\n";
const VARS: &str = "[variables]\nV = \"${{ variables.X }}\"\n";

fn project(pipeline: &str, steps: &str) -> Project {
    Project::of([
        (MAIN, pipeline.to_owned()),
        ("steps.toml", steps.to_owned()),
        ("jobs.toml", JOBS.to_owned()),
        ("vars.toml", VARS.to_owned()),
    ])
}

/// What holds for all files and parameters.
#[track_caller]
fn check(mut project: Project, parameters: &[(String, String)]) {
    let reading = project.read(MAIN, parameters);
    // Every place can be shown.
    let _shown = render(&reading);
    let refused = reading.diagnostics.iter().any(Diagnostic::is_error);
    let intact = reading
        .pipeline
        .as_ref()
        .is_some_and(|pipeline| pipeline.intact);
    assert_eq!(intact, !refused);
    assert!(project.reads.values().all(|reads| *reads == 1));
    assert_eq!(reading, project_again(project, parameters));
}

fn project_again(mut project: Project, parameters: &[(String, String)]) -> stepwell_spec::Reading {
    project.reads.clear();
    project.read(MAIN, parameters)
}

fn mutated(text: &str, edits: Vec<(Index, usize, String)>) -> String {
    let mut text = text.to_owned();
    for (at, length, with) in edits {
        let start = text.floor_char_boundary(at.index(text.len() + 1));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        text.replace_range(start..end.max(start), &with);
    }
    text
}

fn edits() -> impl Strategy<Value = Vec<(Index, usize, String)>> {
    let with = prop_oneof![
        "[a-z\\[\\]{}=.\",\n0é$']{0,4}",
        prop::sample::select(vec![
            "${{",
            "}}",
            "if = \"true\"\n",
            "each = \"x in y\"\n",
            "template = \"steps.toml\"\n",
            "parameters",
            "insert",
            "else = true\n",
            "variables",
            "''",
            "[[steps]]\n",
            "value",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec((any::<Index>(), 0..12_usize, with), 0..5)
}

#[test]
fn the_files_that_are_mutated_are_valid() {
    let reading = project(PIPELINE, STEPS).read(MAIN, &[]);
    assert_eq!(reading.diagnostics, [], "{}", render(&reading));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_are_read(pipeline in edits(), steps in edits()) {
        check(project(&mutated(PIPELINE, pipeline), &mutated(STEPS, steps)), &[]);
    }

    #[test]
    fn arbitrary_parameters_are_read(
        parameters in prop::collection::vec(("(names|flag|x|\\PC{0,3})", ".{0,12}"), 0..4)
    ) {
        check(project(PIPELINE, STEPS), &parameters);
    }

    #[test]
    fn parameters_of_tokens_are_read(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["[", "]", "{", "}", "\"a\"", ":", "=", ",", "1", "null", "a", "\n", "1e999", "'"]),
            0..12,
        )
    ) {
        check(project(PIPELINE, STEPS), &[("names".to_owned(), tokens.concat())]);
    }

    #[test]
    fn arbitrary_expressions_are_read(expression in "[a-z(),'.*\\[\\]0-9{} ]{0,20}", text in "\\PC{0,8}") {
        let value = format!("{text}${{{{ {expression} }}}}").replace(['"', '\\'], "");
        let pipeline = format!("[[steps]]\nif = \"{expression}\"\ntask = \"a\"\nargs = [\"{value}\"]\n");
        check(project(&pipeline, STEPS), &[]);
    }

    #[test]
    fn a_text_without_expressions_is_what_it_was(text in "[a-z ${}()\\[\\]']{1,20}") {
        prop_assume!(!text.contains("${{"));
        // A parameter makes sure that the file is expanded.
        let body = format!("[[steps]]\ntask = \"a\"\nargs = [\"{text}\", \"x\"]\n");
        let plain = project(&body, STEPS).read(MAIN, &[]);
        let expanded = project(&format!("{body}[parameters]\nx = 1\n"), STEPS).read(MAIN, &[]);
        let jobs = |reading: stepwell_spec::Reading| reading.pipeline.map(|pipeline| pipeline.jobs);
        prop_assert_eq!(jobs(plain), jobs(expanded));
    }
}
