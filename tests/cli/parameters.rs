//! `--param`: values for the parameters of a pipeline.

use crate::{assert_refused, project};
use insta::assert_snapshot;
use stepwell_testkit::TestEnv;

const DECLARED: &str = r#"
[parameters.level]
values = ["low", "high"]

[parameters.count]
type = "number"
default = 1

[parameters.strict]
type = "boolean"
default = false

[parameters.checks]
type = "object"
default = []

[[steps]]
task = "play"
args = ["say:${{ parameters.level }}, ${{ parameters.count }}, ${{ parameters.strict }}", "say:${{ join('+', parameters.checks) }}"]
"#;

/// What the pipeline says of its parameters.
#[track_caller]
fn check(given: &[&str], expect: &[&str]) {
    let env = project(DECLARED);
    let output = env.stepwell(&[&["run"], given].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
    for words in expect {
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
}

#[test]
fn a_value_has_the_type_of_its_parameter() {
    check(&["--param", "level=low"], &["| low, 1, False\n"]);
    check(
        &[
            "--param",
            "LEVEL=high",
            "--param",
            "count=2.50",
            "--param",
            "strict=TRUE",
        ],
        &["| high, 2.5, True\n"],
    );
    check(
        &["--param", "level=low", "--param", "checks=[\"a\", \"b\"]"],
        &["| a+b\n"],
    );
    check(
        &["--param", "level=low", "--param", "level=high"],
        &["| high, 1"],
    );
}

#[track_caller]
fn refused(env: &TestEnv, given: &[&str]) -> String {
    let output = env.stepwell(&[&["run"], given].concat());
    assert_refused(env, &output, 2, &[]);
    env.redact(&output.stderr)
}

#[test]
fn what_is_no_value_of_the_parameter_is_refused() {
    let env = project(DECLARED);
    assert_snapshot!(refused(&env, &[]), @r"
    error[missing-parameter]: a value for the 'level' parameter must be provided
     --> pipeline.toml:9:13
      |
    9 | [parameters.level]
      |             ^^^^^ has no default
      |
      = help: give it: `--param level=…`

    1 error in pipeline.toml
    ");
    let given = [
        "--param",
        "level=mid",
        "--param",
        "count=many",
        "--param",
        "strict=perhaps",
    ];
    assert_snapshot!(refused(&env, &given), @r#"
    error[invalid-value]: parameter `level` cannot be 'mid'
    --> pipeline.toml
     = help: it can be 'low', 'high'

    error[wrong-type]: parameter `count` must be a number, not "many"
    --> pipeline.toml

    error[wrong-type]: parameter `strict` must be `true` or `false`, not "perhaps"
    --> pipeline.toml

    3 errors in pipeline.toml
    "#);
    let given = [
        "--param",
        "level=low",
        "--param",
        "lvel=low",
        "--param",
        "checks=[a",
    ];
    assert_snapshot!(refused(&env, &given), @r#"
    error[unexpected-parameter]: unexpected parameter 'lvel'
    --> pipeline.toml
     = help: did you mean `level`?
     = help: it has: level, count, strict, checks

    error[wrong-type]: parameter `checks` must be a value of TOML or JSON, not "[a"
    --> pipeline.toml

    2 errors in pipeline.toml
    "#);
}

#[test]
fn a_pipeline_without_parameters_takes_none() {
    let env = project("[[steps]]\ntask = \"play\"");
    assert_snapshot!(refused(&env, &["--param", "level=low"]), @r"
    error[unexpected-parameter]: unexpected parameter 'level'
    --> pipeline.toml
     = help: the file has no parameters

    1 error in pipeline.toml
    ");
}
