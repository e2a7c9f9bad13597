//! The variables of a run and those of the command line.

use crate::{command, pairs, read, render, request};
use stepwell_plan::{Request, VariableValue, plan};

const TEXT: &str = r#"
[variables]
Greeting = "hello"
fixed = { value = "1", readonly = true }
sum = "$[ counter('', 1) ]"
[[steps]]
task = "x"
"#;

/// Name, value and flags of the variables of a run, and what is reported.
#[track_caller]
fn check(variables: &[(&str, &str)], secrets: &[(&str, &str)], expect: &[&str]) {
    let (plan, diagnostics) = plan(
        &read(TEXT),
        &Request {
            variables: &pairs(variables),
            secrets: &pairs(secrets),
            ..request()
        },
        &[command("x")],
    );
    assert_eq!(diagnostics, []);
    let found: Vec<_> = plan
        .unwrap()
        .variables
        .into_iter()
        .map(|variable| {
            let value = match variable.value {
                VariableValue::Text(text) => text,
                VariableValue::Expression(expression) => format!("$[{}]", expression.text()),
            };
            let read_only = if variable.read_only { " read-only" } else { "" };
            let secret = if variable.secret { " secret" } else { "" };
            format!("{}={value}{read_only}{secret}", variable.name)
        })
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn without_a_command_line_they_are_those_of_the_file() {
    check(
        &[],
        &[],
        &[
            "Greeting=hello",
            "fixed=1 read-only",
            "sum=$[counter('', 1)]",
        ],
    );
}

#[test]
fn a_variable_of_the_command_line_replaces_one_of_the_same_name_and_is_read_only() {
    check(
        &[("GREETING", "hi"), ("sum", "$[ 1 ]"), ("fixed", "2")],
        &[],
        &[
            "Greeting=hi read-only",
            "fixed=2 read-only",
            "sum=$[ 1 ] read-only",
        ],
    );
}

#[test]
fn others_follow_and_the_last_value_counts() {
    check(
        &[("c", "3"), ("b", "2"), ("C", "4")],
        &[],
        &[
            "Greeting=hello",
            "fixed=1 read-only",
            "sum=$[counter('', 1)]",
            "c=4 read-only",
            "b=2 read-only",
        ],
    );
}

#[test]
fn a_secret_comes_last_and_stays_one() {
    check(
        &[("token", "plain"), ("greeting", "hi")],
        &[("TOKEN", "hidden"), ("fixed", "x")],
        &[
            "Greeting=hi read-only",
            "fixed=x read-only secret",
            "sum=$[counter('', 1)]",
            "token=hidden read-only secret",
        ],
    );
}

#[test]
fn what_cannot_be_a_variable_is_told_without_its_value() {
    let variables = pairs(&[("SecretKey", "a"), ("nul", "\0"), ("System.X", "b")]);
    let secrets = pairs(&[("", "c"), ("Build.BuildId", "d"), ("x", "e\0")]);
    let (plan, diagnostics) = plan(
        &read(TEXT),
        &Request {
            variables: &variables,
            secrets: &secrets,
            ..request()
        },
        &[command("x")],
    );
    assert_eq!(plan, None);
    insta::assert_snapshot!(render(TEXT, &diagnostics), @"
    invalid-name: variable `SecretKey` begins with the reserved word `secret`, on the command line
      help: no variable begins with `endpoint`, `input`, `secret`, `path`, `securefile`
    invalid-value: the value of variable `nul` holds a NUL character
    ignored-variable: variable `System.X` is set by the system
      help: the value from the command line is ignored; choose another name
    invalid-name: the name of a variable cannot be blank, on the command line
      help: no variable begins with `endpoint`, `input`, `secret`, `path`, `securefile`
    ignored-variable: secret `Build.BuildId` is set by the system
      help: the value from the command line is ignored; choose another name
    invalid-value: the value of secret `x` holds a NUL character
    ");
}

#[test]
fn a_variable_of_the_system_is_ignored_and_no_error() {
    let variables = pairs(&[("system.jobname", "a"), ("system.debug", "true")]);
    let (plan, diagnostics) = plan(
        &read(TEXT),
        &Request {
            variables: &variables,
            ..request()
        },
        &[command("x")],
    );
    assert_eq!(diagnostics.len(), 1);
    let variables = plan.unwrap().variables;
    assert_eq!(variables.len(), 4);
    assert_eq!(variables[3].name, "system.debug");
}
