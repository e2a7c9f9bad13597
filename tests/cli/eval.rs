//! `stepwell eval`: one expression, or one a line.

use crate::empty;
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Stdio;

/// What the expression is, as it is printed.
#[track_caller]
fn check(arguments: &[&str], expect: &str) {
    let output = empty().stepwell(&[&["eval"], arguments].concat());
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (0, ""),
        "{arguments:?}"
    );
    assert_eq!(output.stdout, format!("{expect}\n"), "{arguments:?}");
}

#[test]
fn a_value_is_printed_as_the_language_writes_it() {
    check(&["and(true, eq(1, '1'))"], "True");
    check(&["1.50"], "1.5");
    check(&["format('{0}-{1}', 'a', 2)"], "a-2");
    check(&["variables.nothing"], "");
    check(&["split('a,b', ',')"], r#"["a","b"]"#);
    check(&["succeeded()"], "True");
    check(&["counter('builds', 5)"], "5");
}

#[test]
fn variables_and_parameters_are_given_by_flags() {
    check(
        &[
            "join('+', split(variables.list, ','))",
            "--var",
            "LIST=a,b=c",
        ],
        "a+b=c",
    );
    check(
        &[
            "eq(parameters.level, variables['x.y'])",
            "--param",
            "level=1",
            "--var",
            "x.y=1",
        ],
        "True",
    );
}

#[test]
fn a_value_is_converted_to_any_type() {
    check(&["'no'", "--as", "boolean"], "True");
    check(&["''", "--as", "boolean"], "False");
    check(&["' +1,234.50 '", "--as", "number"], "1234.5");
    check(&["true", "--as", "string"], "True");
    check(&["'1.2.3'", "--as", "version"], "1.2.3");
}

/// What is said of an expression without a value.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = empty().stepwell(&[&["eval"], arguments].concat());
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (2, ""),
        "{arguments:?}"
    );
    output.stderr
}

#[test]
fn what_has_no_value_is_told_with_its_place() {
    assert_snapshot!(refused(&["eq(1, 2"]), @r"error: Unclosed function: 'eq'. Located at position 1 within expression: eq(1, 2");
    assert_snapshot!(refused(&["eqq(1, 2)"]), @r"
    error: Unrecognized function: 'eqq'. Located at position 1 within expression: eqq(1, 2)
    help: did you mean `eq`?
    ");
    assert_snapshot!(refused(&["eq(variable.a, 2)"]), @r"
    error: Unrecognized named-value: 'variable'. Located at position 4 within expression: eq(variable.a, 2)
    help: did you mean `variables`?
    ");
    assert_snapshot!(refused(&["gt(1, 'many')"]), @r"error: argument 2 of `gt`: cannot convert String to Number");
    assert_snapshot!(refused(&["'many'", "--as", "number"]), @r"error: cannot convert String to Number");
    assert_snapshot!(refused(&["parameters", "--as", "version"]), @r"error: cannot convert Object to Version");
    assert_snapshot!(refused(&[&format!("{}true", " ".repeat(21_000))]), @r"error: Exceeded max expression length 21000");
    assert_snapshot!(refused(&[&format!("{}true{}", "not(".repeat(50), ")".repeat(50))]), @r"error: Exceeded max expression depth 50");
}

/// The answers to `input`, one JSON object a line.
#[track_caller]
fn answers(arguments: &[&str], input: impl Into<Vec<u8>>) -> Vec<Value> {
    let mut child = empty()
        .command(&[&["eval", "-"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.into();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn each_line_is_answered_by_a_line() {
    let input = "eq(1, '1')\r\nvariables.a\n\neq(1\n1.2";
    assert_eq!(
        answers(&["--var", "a=x"], input),
        [
            json!({ "type": "boolean", "value": true }),
            json!({ "type": "string", "value": "x" }),
            json!({ "type": "null", "value": null }),
            json!({ "error": {
                "kind": "UnclosedFunction",
                "token": "eq",
                "position": 1,
                "message": "Unclosed function: 'eq'. Located at position 1 within expression: eq(1",
            } }),
            json!({ "type": "number", "value": 1.2 }),
        ]
    );
}

#[test]
fn a_line_of_json_brings_its_own_context_and_type() {
    let requests = [
        json!({ "expression": "variables.a", "context": { "variables": { "a": "5" } } }),
        json!({ "expression": "variables.a", "as": "number" }),
        json!({ "expression": "variables.a", "as": null, "context": null }),
        json!({
            "expression": "and(failed(), in(dependencies.x.result, 'Failed'))",
            "context": { "dependencies": { "x": { "result": "Failed" } } },
        }),
        json!({ "expression": "matrix.os", "context": { "matrix": { "os": "linux" } } }),
    ];
    let input: String = requests
        .iter()
        .map(|request| format!("{request}\n"))
        .collect();
    assert_eq!(
        answers(&["--var", "a=7"], input),
        [
            json!({ "type": "string", "value": "5" }),
            json!({ "type": "number", "value": 7 }),
            json!({ "type": "string", "value": "7" }),
            json!({ "type": "boolean", "value": true }),
            json!({ "type": "string", "value": "linux" }),
        ]
    );
}

#[test]
fn a_line_that_is_no_request_is_answered_with_the_reason() {
    let check = |line: &str, kind: &str, message: &str| {
        let answers = answers(&[], format!("{line}\n1\n"));
        let [answer, next] = &answers[..] else {
            panic!("{line}: {answers:?}");
        };
        assert_eq!(answer["error"]["kind"], kind, "{answer}");
        let told = answer["error"]["message"].as_str().unwrap();
        assert!(told.contains(message), "{told}");
        assert_eq!(next["value"], 1);
    };
    check("{nope", "InvalidRequest", "not JSON");
    check("{}", "InvalidRequest", "`expression` must be a string");
    check(
        r#"{"expresion":"1"}"#,
        "InvalidRequest",
        "unknown key `expresion`",
    );
    check(
        r#"{"expression":"1","as":"colour"}"#,
        "InvalidRequest",
        "there is no type `colour`",
    );
    check(
        r#"{"expression":"1","as":1}"#,
        "InvalidRequest",
        "`as` must be a string",
    );
    check(
        r#"{"expression":"1","context":1}"#,
        "InvalidRequest",
        "`context` must be an object",
    );
    check(
        r#"{"expression":"'x'","as":"number"}"#,
        "ConversionFailed",
        "cannot convert String to Number",
    );
    check("format('{1}', 'a')", "InvalidFormat", "format");
    check(&"{".repeat(100_000), "InvalidRequest", "not JSON");
}

#[test]
fn a_line_without_an_end_gets_one_answer() {
    let mut input = vec![b'a'; 17 << 20];
    input.extend_from_slice(b"\n1\n");
    let answers = answers(&[], input);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["error"]["message"], "a line has at most 16 MiB");
    assert_eq!(answers[1]["value"], 1);
}
