//! What exists where, and what messages say.

use crate::world::{NAMES, World};
use stepwell_expr::{
    Context, Expression, Names, Object, Scope, Standing, Value, runtime_expression,
};

/// The places in which an expression can be read, in the order step, job, stage, variable, variable
/// of the pipeline, template.
fn places(text: &str) -> [bool; 6] {
    [
        Names::STEP_CONDITION,
        Names::JOB_CONDITION,
        Names::STAGE_CONDITION,
        Names::VARIABLE,
        Names::PIPELINE_VARIABLE,
        Names::TEMPLATE,
    ]
    .map(|names| Expression::parse(text, &names).is_ok())
}

#[test]
fn names_depend_on_the_place() {
    for (text, expect) in [
        ("variables.a", [true, true, true, true, true, true]),
        ("pipeline.startTime", [false, true, true, true, true, false]),
        (
            "dependencies.a.result",
            [false, true, true, true, false, false],
        ),
        (
            "stageDependencies.a.b.result",
            [false, true, false, true, false, false],
        ),
        ("parameters.a", [false, false, false, false, false, true]),
        ("succeeded()", [true, true, true, false, false, false]),
        ("succeeded('a')", [false, true, true, false, false, false]),
        ("counter('a', 1)", [false, false, false, false, true, false]),
        (
            "counter('a', 1, 2)",
            [false, false, false, false, false, false],
        ),
        ("eq(1, 1)", [true, true, true, true, true, true]),
    ] {
        assert_eq!(places(text), expect, "{text}");
    }
}

#[test]
fn empty_condition_asks_for_success() {
    for text in ["", " \t\n"] {
        for (canceling, expect) in [(false, true), (true, false)] {
            let scope = Scope {
                values: Object::from_iter::<[(&str, Value); 0]>([]),
                standing: Standing::of_dependent(canceling, []),
            };
            let condition = Expression::condition(text, &Names::JOB_CONDITION).expect("valid");
            assert_eq!(condition.evaluate(&scope), Ok(expect.into()), "{text:?}");
        }
        let expression = Expression::parse(text, &Names::NONE).expect("valid");
        assert_eq!(expression.evaluate(&World::ordinary()), Ok(Value::Null));
    }
}

#[test]
fn runtime_expressions_are_the_whole_text() {
    for (text, expect) in [
        ("$[1]", Some("1")),
        ("$[ variables['a'] ]", Some(" variables['a'] ")),
        ("$[]", None),
        ("$[", None),
        ("$]", None),
        ("", None),
        ("x$[1]", None),
        ("$[1] y", None),
        ("$(1)", None),
    ] {
        assert_eq!(runtime_expression(text), expect, "{text}");
    }
}

#[track_caller]
fn message(text: &str) -> String {
    Expression::parse(text, &NAMES)
        .expect_err("malformed")
        .to_string()
}

#[test]
fn parse_errors_say_what_and_where() {
    for (text, expect) in [
        (
            "eq(1, noSuchFunction())",
            "Unrecognized function: 'noSuchFunction'. Located at position 7 within expression: eq(1, noSuchFunction())",
        ),
        (
            "nothing",
            "Unrecognized named-value: 'nothing'. Located at position 1 within expression: nothing",
        ),
        (
            "eq(1.2, 3.4a)",
            "Unrecognized value: '3.4a'. Located at position 9 within expression: eq(1.2, 3.4a)",
        ),
        (
            "not(1, 2)",
            "Unexpected symbol: ','. Located at position 6 within expression: not(1, 2)",
        ),
        (
            "not",
            "Expected '(' after function: 'not'. Located at position 1 within expression: not",
        ),
        (
            "not(1",
            "Unclosed function: 'not'. Located at position 1 within expression: not(1",
        ),
        (
            "data[1",
            "Unclosed indexer: '['. Located at position 5 within expression: data[1",
        ),
        (
            "data.",
            "Expected property name after: '.'. Located at position 5 within expression: data.",
        ),
        (
            "eq('é😀', ?)",
            "Unrecognized value: '?'. Located at position 10 within expression: eq('é😀', ?)",
        ),
    ] {
        assert_eq!(message(text), expect);
    }
    assert_eq!(
        message(&"not(".repeat(50)),
        "Exceeded max expression depth 50"
    );
    assert_eq!(
        message(&" ".repeat(21_001)),
        "Exceeded max expression length 21000"
    );
}

#[test]
fn messages_about_long_expressions_are_short() {
    let text = format!("and({}?{})", "true, ".repeat(1000), ", true".repeat(1000));
    let message = message(&text);
    assert!(message.chars().count() < 300, "{message}");
    assert!(
        message.contains("'?'. Located at position 6005 within expression: …, true, "),
        "{message}"
    );
    assert!(message.ends_with('…'), "{message}");
}

#[test]
fn near_names_are_suggested() {
    for (text, expect) in [
        ("startWith('a', 'b')", Some("startsWith")),
        ("SUCCEDED()", Some("succeeded")),
        ("variable.a", Some("variables")),
        ("equals(1, 1)", None),
        ("3.4a", None),
    ] {
        let error = Expression::parse(text, &NAMES).expect_err("unknown");
        assert_eq!(error.suggestion(), expect, "{text}");
    }
}

#[test]
fn errors_point_at_their_text() {
    let text = "and('é', gt(1, 'x'))";
    let expression = Expression::parse(text, &NAMES).expect("valid");
    let error = expression
        .evaluate(&World::ordinary())
        .expect_err("no number");
    assert_eq!(&text[error.span()], "gt");
    assert_eq!((error.function(), error.argument()), ("gt", Some(2)));
    let error = Expression::parse("and('é', gt(1 2))", &NAMES).expect_err("malformed");
    assert_eq!((error.position(), error.span()), (15, 15..16));
}

#[test]
fn names_of_words_that_nobody_uses_are_free() {
    for (name, expect) in [
        ("system", true),
        ("_x9", true),
        ("variables", false),
        ("PARAMETERS", false),
        ("length", false),
        ("True", false),
        ("a-b", false),
        ("9", false),
        ("", false),
    ] {
        assert_eq!(Names::TEMPLATE.is_free(name), expect, "{name}");
    }
    assert!(!Names::STEP_CONDITION.is_free("succeeded"));
}

#[test]
fn entries_that_are_written_out_are_known_with_their_places() {
    let text = "eq(Parameters.a, variables[parameters['b'].c]) ";
    let check = |text: &str, expect: &[(&str, &str)]| {
        let expression = Expression::parse(text, &Names::TEMPLATE).unwrap();
        let found = expression.entries("parameters");
        let found: Vec<_> = found
            .into_iter()
            .map(|(name, span)| (name, &text[span]))
            .collect();
        assert_eq!(found, expect, "{text}");
    };
    check(text, &[("a", "a"), ("b", "'b'")]);
    check("parameters[variables.x]", &[]);
    check("parameters", &[]);
    check("variables.parameters.a", &[]);
}

#[test]
fn a_context_can_know_an_entry_without_the_whole() {
    struct Entries;
    impl Context for Entries {
        fn value(&self, name: &str) -> Option<Value> {
            (name == "parameters").then(|| Object::from_iter([("a", "whole")]).into())
        }

        fn entry(&self, name: &str, entry: &str) -> Option<Value> {
            (name == "variables").then(|| entry.into())
        }

        fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
            Err(String::new())
        }
    }
    let check = |text: &str, expect: Value| {
        let expression = Expression::parse(text, &Names::TEMPLATE).unwrap();
        assert_eq!(expression.evaluate(&Entries), Ok(expect), "{text}");
    };
    check("variables.x", "x".into());
    check("variables['y']", "y".into());
    check("variables.x.z", Value::Null);
    check("parameters.a", "whole".into());
}
