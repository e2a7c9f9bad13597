//! Expressions that ask for too much.

use crate::world::{NAMES, World, outcome};
use std::time::{Duration, Instant};
use stepwell_expr::{Budget, Expression, ParseErrorKind, Value};

#[track_caller]
fn check(text: &str, expect: &str) {
    let start = Instant::now();
    assert_eq!(outcome(text, &World::ordinary()), expect);
    // Far more than needed, so that a busy machine does not matter; growth by a square would show.
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn length_is_counted_in_characters() {
    let padded = |count: usize| format!("'{}'", "é".repeat(count - 2));
    assert!(Expression::parse(&padded(21_000), &NAMES).is_ok());
    let error = Expression::parse(&padded(21_001), &NAMES).expect_err("too long");
    assert_eq!(error.kind(), ParseErrorKind::ExceededMaxLength);
    assert_eq!(error.token(), None);
    check(&"(".repeat(50_000_000), "ExceededMaxLength at 1");
    println!("semantics: C10 3");
}

#[test]
fn depth_is_bounded() {
    let nested = |open: &str, middle: &str, close: &str, count| {
        format!("{}{middle}{}", open.repeat(count), close.repeat(count))
    };
    check(&nested("not(", "true", ")", 49), "false");
    check(&nested("not(", "true", ")", 50), "ExceededMaxDepth at 197");
    check(&nested("data[", "'x'", "]", 49), "null");
    check(&nested("data[", "'x'", "]", 50), "ExceededMaxDepth at 250");
    check(&nested("not(data[", "'x'", "])", 24), "false");
    check(
        &nested("not(data[", "'x'", "])", 25),
        "ExceededMaxDepth at 225",
    );
}

#[test]
fn long_chains_of_accesses_are_not_deep() {
    check(&format!("data{}", ".a".repeat(10_000)), "null");
    check(&format!("data{}", ".*".repeat(10_000)), "[]");
    check(&format!("data{}", "[*]".repeat(6_000)), "[]");
    check(
        &format!("data.{}", "[".repeat(20_000)),
        "UnexpectedSymbol ([) at 6",
    );
    let calls = format!("and(true{})", ", data[1]".repeat(2_000));
    check(&calls, "true");
}

#[test]
fn results_are_bounded() {
    let large = "variables.large";
    check(&format!("length({large})"), "1048576");
    check(&format!("length(format('{{0}}{{0}}', {large}))"), "2097152");
    let too_large =
        |function: &str| format!("error: `{function}`: the result is larger than 2 MiB");
    check(
        &format!("format('{{0}}{{0}}.', {large})"),
        &too_large("format"),
    );
    check(
        &format!("replace({large}, 'X', 'abc')"),
        &too_large("replace"),
    );
    check(
        &format!("join({large}, split('a,b,c,d', ','))"),
        &too_large("join"),
    );
    check(&format!("split({large}, 'x')"), &too_large("split"));
    check(
        &format!("convertToJson(format('{{0}}{{0}}', {large}))"),
        &too_large("convertToJson"),
    );
}

#[test]
fn work_is_bounded() {
    let much = "the expression works on more than 64 MiB of text";
    let many = |part: &str| format!("or(false{})", format!(", {part}").repeat(600));
    check(
        &many("contains(variables.large, 'y')"),
        &format!("error: `contains`: {much}"),
    );
    check(
        &many("eq('y', variables.large)"),
        &format!("error: `eq`: {much}"),
    );
    check(
        &many("containsValue(variables, 'y')"),
        &format!("error: `containsValue`: {much}"),
    );
    let nested = format!("{}variables.large{}", "upper(".repeat(49), ")".repeat(49));
    check(&nested, &format!("error: `upper`: {much}"));
}

#[test]
fn value_that_is_nested_without_end_is_not_shown() {
    let mut value = Value::Null;
    for _ in 0..200 {
        value = Value::Array([value].into_iter().collect());
    }
    let world = World::new(stepwell_expr::Standing::of_step(None), value);
    let result = outcome("convertToJson(testFunction())", &world);
    assert_eq!(
        result,
        "error: `convertToJson`: the value is nested too deeply"
    );
}

#[test]
fn evaluations_can_share_a_budget() {
    let mut budget = Budget::of(10);
    let expression = Expression::parse("upper('abc')", &NAMES).unwrap();
    let mut evaluate = || expression.evaluate_within(&World::ordinary(), &mut budget);
    assert_eq!(evaluate(), Ok("ABC".into()));
    assert!(evaluate().is_err());
    assert!(budget.is_spent());
}
