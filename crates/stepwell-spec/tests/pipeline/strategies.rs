//! Legs of a matrix, and slices.

use crate::{job, problems, read};
use stepwell_spec::{Legs, Strategy, parse};

/// The strategy in a few letters: the names of legs and their limit, or the number of slices.
fn describe(strategy: &Strategy) -> String {
    match strategy {
        Strategy::Single => "single".to_owned(),
        Strategy::Slices(count) => format!("{count} slices"),
        Strategy::Matrix { legs, max_parallel } => {
            let Legs::Listed(legs) = legs else { panic!() };
            let legs: Vec<_> = legs
                .iter()
                .map(|leg| {
                    let pairs = leg.variables.iter();
                    let pairs =
                        pairs.map(|pair| format!(" {}={}", pair.name.value, pair.value.value));
                    format!("{}{}", leg.name.value, pairs.collect::<String>())
                })
                .collect();
            let limit = max_parallel.map_or(String::new(), |limit| format!(" by {limit}"));
            format!("{}{limit}", legs.join(", "))
        }
    }
}

#[track_caller]
fn check(lines: &str, expect: &str) {
    assert_eq!(describe(&read(&job(lines)).jobs[0].strategy), expect);
}

#[test]
fn a_job_runs_once_for_each_leg_or_slice() {
    check("", "single");
    check(
        "matrix = { debug = { a = 1, b = true }, release = { a = \"2\" } }",
        "debug a=1 b=true, release a=2",
    );
    check("matrix = { x = {} }\nmax-parallel = 2", "x by 2");
    check("matrix = {}", "single");
    check("parallel = 4", "4 slices");
    check("parallel = 100", "100 slices");
}

#[test]
fn one_slice_is_an_ordinary_job() {
    for count in ["1", "0", "-1"] {
        check(&format!("parallel = {count}"), "single");
    }
}

#[test]
fn no_positive_number_of_legs_side_by_side_is_no_limit() {
    for limit in ["0", "-1", "9999999999"] {
        check(
            &format!("matrix = {{ x = {{}} }}\nmax-parallel = {limit}"),
            "x",
        );
    }
}

#[test]
fn an_illegal_name_of_a_leg_is_replaced() {
    let text = job("matrix = { ok = {}, \"1bad\" = {}, a-b = {} }");
    let (pipeline, diagnostics) = parse(&text);
    let pipeline = pipeline.unwrap();
    assert!(pipeline.intact);
    assert_eq!(describe(&pipeline.jobs[0].strategy), "ok, Job2, Job3");
    insta::assert_snapshot!(crate::render(&text, &diagnostics), @r#"
    warning[invalid-name]: "1bad" cannot name a leg
      2:21 "\"1bad\"" its name is `Job2` instead
      help: the name of a leg starts with a letter, goes on with letters, digits and `_`, and has at most 100 characters
    warning[invalid-name]: "a-b" cannot name a leg
      2:34 "a-b" its name is `Job3` instead
      help: the name of a leg starts with a letter, goes on with letters, digits and `_`, and has at most 100 characters
    "#);
}

#[test]
fn legs_have_different_names() {
    insta::assert_snapshot!(problems(&job("matrix = { a = {}, A = {} }")), @r#"
    error[duplicate-name]: leg `A` appears more than once
      2:20 "A" the same name again
      2:12 "a" first here
      help: names that differ only in case are the same name
    "#);
    insta::assert_snapshot!(problems(&job("matrix = { job2 = {}, \"2\" = {} }")), @r#"
    warning[invalid-name]: "2" cannot name a leg
      2:23 "\"2\"" its name is `Job2` instead
      help: the name of a leg starts with a letter, goes on with letters, digits and `_`, and has at most 100 characters
    error[duplicate-name]: leg `Job2` appears more than once
      2:23 "\"2\"" the same name again
      2:12 "job2" first here
      help: names that differ only in case are the same name
    "#);
}

#[test]
fn keys_of_strategies_exclude_each_other() {
    insta::assert_snapshot!(problems(&job("matrix = { a = {} }\nparallel = 2")), @r#"
    error[conflicting-keys]: a job has either legs or slices
      3:1 "parallel" this many slices
      2:1 "matrix" a leg for each entry
    "#);
    insta::assert_snapshot!(problems(&job("parallel = 2\nmax-parallel = 2")), @r#"
    error[missing-key]: `max-parallel` needs a matrix
      3:1 "max-parallel" how many legs of a matrix run side by side
      help: add `matrix`, or leave `max-parallel` out
    "#);
    insta::assert_snapshot!(problems(&job("max-parallel = \"2\"")), @r#"
    error[missing-key]: `max-parallel` needs a matrix
      2:1 "max-parallel" how many legs of a matrix run side by side
      help: add `matrix`, or leave `max-parallel` out
    error[wrong-type]: `max-parallel` must be an integer, not a string
      2:16 "\"2\"" this is a string
      help: write it without quotes
    "#);
}

#[test]
fn a_matrix_is_a_table_of_tables_or_an_expression() {
    insta::assert_snapshot!(problems(&job("matrix = \"legs\"")), @r#"
    error[invalid-value]: `matrix` must be a table of legs or an expression
      2:10 "\"legs\"" this is plain text
      help: write `{ leg = { name = "value" } }`, or `"$[ expression ]"`
    "#);
    insta::assert_snapshot!(problems(&job("matrix = [1]")), @r#"
    error[wrong-type]: `matrix` must be a table, not an array
      2:10 "[1]" this is an array
    "#);
    insta::assert_snapshot!(problems(&job("matrix = { a = 1, b = { c = [] } }")), @r#"
    error[wrong-type]: `a` must be a table, not an integer
      2:16 "1" this is an integer
    error[wrong-type]: `c` must be a string, a number or a boolean, not an array
      2:29 "[]" this is an array
    "#);
    insta::assert_snapshot!(problems(&job("matrix = { a = { PathX = 1, b = 1, B = 2 } }")), @r#"
    error[invalid-name]: variable `PathX` begins with the reserved word `path`
      2:18 "PathX" not the name of a variable
      help: no variable begins with `endpoint`, `input`, `secret`, `path`, `securefile`
    error[duplicate-name]: variable `B` appears more than once
      2:36 "B" the same name again
      2:29 "b" first here
      help: names that differ only in case are the same name
    "#);
}

#[test]
fn more_legs_or_slices_than_a_hundred_are_refused() {
    let legs = |count| -> String {
        let legs: String = (0..count).map(|n| format!("leg{n} = {{}}, ")).collect();
        format!("matrix = {{ {legs} }}")
    };
    assert_eq!(problems(&job(&legs(100))), "");
    let (_, diagnostics) = parse(&job(&legs(101)));
    assert_eq!(
        diagnostics[0].message,
        "the matrix expansion resulted in 101 jobs which exceeds the maximum allowable job count \
         of 100"
    );
    insta::assert_snapshot!(problems(&job("parallel = 101")), @r#"
    error[too-many]: the matrix expansion resulted in 101 jobs which exceeds the maximum allowable job count of 100
      2:12 "101" more than 100
    "#);
}
