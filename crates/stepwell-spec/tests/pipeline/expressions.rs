//! Conditions and `$[ … ]`: what is accepted where, and that an error points at its token.

use crate::{job, problems, read, step};
use stepwell_expr::Expression;
use stepwell_spec::{Legs, Strategy, VariableValue};

/// The condition of a step is accepted and kept as `expect`.
#[track_caller]
fn check(condition: &str, expect: &str) {
    let pipeline = read(&step(&format!("condition = {condition}")));
    assert_eq!(pipeline.jobs[0].steps[0].condition.text(), expect);
}

#[test]
fn a_condition_is_any_expression_and_an_empty_one_is_the_default() {
    check("\"always()\"", "always()");
    check(
        "\" and(succeeded(), eq(variables.a, 'b')) \"",
        "and(succeeded(), eq(variables.a, 'b'))",
    );
    check("\" \"", Expression::default().text());
    check("false", "false");
    check("1", "1");
}

#[test]
fn names_depend_on_where_the_condition_stands() {
    read(&job("condition = \"in(dependencies.b.result, 'Failed')\""));
    read(
        "[stages.s]\ncondition = \"failed('t')\"\n[jobs.a]\nstage = \"s\"\nsteps = [{ task = \"x\" }]",
    );
    insta::assert_snapshot!(problems(&step("condition = \"dependencies.b.result\"")), @r#"
    error[invalid-expression]: the condition is not an expression: Unrecognized named-value: 'dependencies'. Located at position 1 within expression: dependencies.b.result
      3:14 "dependencies" not known here
      help: known here: `variables`, `always()`, `canceled()`, `failed()`, `succeeded()`, `succeededOrFailed()`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#);
    insta::assert_snapshot!(problems(&step("condition = \"succeeded('b')\"")), @r#"
    error[invalid-expression]: the condition is not an expression: Unexpected symbol: ')'. Located at position 14 within expression: succeeded('b')
      3:27 ")" not expected here
    "#);
    insta::assert_snapshot!(
        problems("[stages.s]\ncondition = \"stageDependencies.a\"\n[jobs.a]\nstage = \"s\"\nsteps = [{ task = \"x\" }]"),
        @r#"
    error[invalid-expression]: the condition is not an expression: Unrecognized named-value: 'stageDependencies'. Located at position 1 within expression: stageDependencies.a
      2:14 "stageDependencies" not known here
      help: known here: `variables`, `pipeline`, `dependencies`, `always()`, `canceled()`, `failed()`, `succeeded()`, `succeededOrFailed()`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#
    );
}

#[test]
fn an_error_points_at_its_token() {
    for condition in [
        "suceeded()",
        "eq(1, variable.x)",
        "eq(1, 2",
        "variables['a'",
        "eq(variables., 1)",
        "eq 1",
        "not(1, 2)",
        "eq('a, 2)",
        "eq(1.2.3.4.5, 2)",
        "and(true, frobnicate)",
    ] {
        let text = step(&format!("condition = \"{condition}\""));
        let (_, diagnostics) = stepwell_spec::parse(&text);
        assert_eq!(diagnostics.len(), 1, "{condition}");
        assert_eq!(diagnostics[0].code, "invalid-expression");
        let error = Expression::condition(condition, &stepwell_expr::Names::STEP_CONDITION);
        let error = error.unwrap_err();
        let label = &diagnostics[0].labels[0];
        assert_eq!(
            &text[label.span.clone()],
            error.token().unwrap(),
            "{condition}"
        );
    }
}

#[test]
fn an_error_says_what_to_do() {
    let report: Vec<_> = [
        "suceeded()",
        "eq(1, 2",
        "variables['a'",
        "eq(variables., 1)",
        "eq 1",
        "not(1, 2)",
        "eq('a, 2)",
        "eq(1.2.3.4.5, 2)",
        "and(true, frobnicate)",
    ]
    .map(|condition| problems(&step(&format!("condition = \"{condition}\""))))
    .to_vec();
    insta::assert_snapshot!(report.join("\n\n"), @r#"
    error[invalid-expression]: the condition is not an expression: Unrecognized function: 'suceeded'. Located at position 1 within expression: suceeded()
      3:14 "suceeded" did you mean `succeeded`?

    error[invalid-expression]: the condition is not an expression: Unclosed function: 'eq'. Located at position 1 within expression: eq(1, 2
      3:14 "eq" its `)` is missing

    error[invalid-expression]: the condition is not an expression: Unclosed indexer: '['. Located at position 10 within expression: variables['a'
      3:23 "[" its `]` is missing

    error[invalid-expression]: the condition is not an expression: Unexpected symbol: ','. Located at position 14 within expression: eq(variables., 1)
      3:27 "," not expected here

    error[invalid-expression]: the condition is not an expression: Expected '(' after function: 'eq'. Located at position 1 within expression: eq 1
      3:14 "eq" `(` must follow

    error[invalid-expression]: the condition is not an expression: Unexpected symbol: ','. Located at position 6 within expression: not(1, 2)
      3:19 "," not expected here

    error[invalid-expression]: the condition is not an expression: Unrecognized value: ''a, 2)'. Located at position 4 within expression: eq('a, 2)
      3:17 "'a, 2)" its closing `'` is missing

    error[invalid-expression]: the condition is not an expression: Unrecognized value: '1.2.3.4.5'. Located at position 4 within expression: eq(1.2.3.4.5, 2)
      3:17 "1.2.3.4.5" neither a number nor a version

    error[invalid-expression]: the condition is not an expression: Unrecognized named-value: 'frobnicate'. Located at position 11 within expression: and(true, frobnicate)
      3:24 "frobnicate" not known here
      help: known here: `variables`, `always()`, `canceled()`, `failed()`, `succeeded()`, `succeededOrFailed()`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#);
}

#[test]
fn an_error_in_a_text_with_escapes_points_at_the_whole_text() {
    insta::assert_snapshot!(problems(&step(r#"condition = "eq(\"a\", 1)""#)), @r#"
    error[invalid-expression]: the condition is not an expression: Unrecognized value: '"a"'. Located at position 4 within expression: eq("a", 1)
      3:13 "\"eq(\\\"a\\\", 1)\"" a text stands in single quotes
    "#);
    insta::assert_snapshot!(problems(&step("condition = \"\"\"eq(x, 1)\"\"\"")), @r#"
    error[invalid-expression]: the condition is not an expression: Unrecognized named-value: 'x'. Located at position 4 within expression: eq(x, 1)
      3:13 "\"\"\"eq(x, 1)\"\"\"" not known here
      help: known here: `variables`, `always()`, `canceled()`, `failed()`, `succeeded()`, `succeededOrFailed()`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#);
    insta::assert_snapshot!(problems(&step("condition = 'eq(\"a\", 1)'")), @r#"
    error[invalid-expression]: the condition is not an expression: Unrecognized value: '"a"'. Located at position 4 within expression: eq("a", 1)
      3:17 "\"a\"" a text stands in single quotes
    "#);
    insta::assert_snapshot!(problems(&step("condition = \"eq('é', x)\"")), @r#"
    error[invalid-expression]: the condition is not an expression: Unrecognized named-value: 'x'. Located at position 9 within expression: eq('é', x)
      3:23 "x" not known here
      help: known here: `variables`, `always()`, `canceled()`, `failed()`, `succeeded()`, `succeededOrFailed()`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#);
}

#[test]
fn a_condition_in_brackets_is_told_to_leave_them() {
    insta::assert_snapshot!(problems(&step("condition = \"$[ eq(1, 2) ]\"")), @r#"
    error[invalid-expression]: a condition has no `$[ ]` around it
      3:13 "\"$[ eq(1, 2) ]\"" written as the value of a variable is
      help: write `condition = "eq(1, 2)"`
    "#);
}

#[test]
fn too_deep_and_too_long_expressions_are_refused() {
    let deep = format!("{}true{}", "not(".repeat(50), ")".repeat(50));
    let text = step(&format!("condition = \"{deep}\""));
    let (_, diagnostics) = stepwell_spec::parse(&text);
    assert_eq!(
        diagnostics[0].message,
        "the condition is not an expression: Exceeded max expression depth 50"
    );
    assert_eq!(
        diagnostics[0].help,
        ["give parts of it to variables of their own"]
    );
    let long = step(&format!("condition = \"'{}'\"", "x".repeat(21_000)));
    assert_eq!(
        stepwell_spec::parse(&long).1[0].message,
        "the condition is not an expression: Exceeded max expression length 21000"
    );
}

#[test]
fn values_of_variables_in_brackets_are_expressions() {
    let pipeline = read(
        r#"
[variables]
a = "$[ counter('x', 1) ]"
b = "x$[ 1 ]"
c = "$[ 1 ] y"
d = "$[]"
[jobs.j]
variables = { e = "$[ dependencies.k.outputs['s.v'] ]" }
steps = [{ task = "x" }]
"#,
    );
    let kinds: Vec<_> = pipeline
        .variables
        .iter()
        .chain(&pipeline.jobs[0].variables)
        .map(|variable| matches!(variable.value.value, VariableValue::Expression(_)))
        .collect();
    assert_eq!(kinds, [true, false, false, false, true]);
}

#[test]
fn expressions_of_variables_know_the_names_of_their_place() {
    insta::assert_snapshot!(
        problems(&format!("[variables]\na = \"$[ dependencies.a ]\"\n{}", step(""))),
        @r#"
    error[invalid-expression]: the value of variable `a` is not an expression: Unrecognized named-value: 'dependencies'. Located at position 1 within expression: dependencies.a
      2:9 "dependencies" not known here
      help: known here: `variables`, `pipeline`, `counter()`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#
    );
    insta::assert_snapshot!(problems(&job("variables = { a = '$[ counter(1) ]' }")), @r#"
    error[invalid-expression]: the value of variable `a` is not an expression: Unrecognized function: 'counter'. Located at position 1 within expression: counter(1)
      2:23 "counter" not known here
      help: known here: `variables`, `pipeline`, `dependencies`, `stageDependencies`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#);
    insta::assert_snapshot!(problems(&job("matrix = '$[ conter() ]'")), @r#"
    error[invalid-expression]: the matrix is not an expression: Unrecognized function: 'conter'. Located at position 1 within expression: conter()
      2:14 "conter" not known here
      help: known here: `variables`, `pipeline`, `dependencies`, `stageDependencies`, and the functions of the language, such as `eq()` and `and()`; a text stands in single quotes
    "#);
}

#[test]
fn a_matrix_may_be_computed() {
    let pipeline = read(&job(
        "matrix = \"$[ dependencies.b.outputs['s.legs'] ]\"\nmax-parallel = 2",
    ));
    let Strategy::Matrix {
        legs: Legs::Computed(legs),
        max_parallel: Some(limit),
    } = &pipeline.jobs[0].strategy
    else {
        panic!()
    };
    assert_eq!(legs.value.text(), "dependencies.b.outputs['s.legs']");
    assert_eq!(limit.get(), 2);
}
