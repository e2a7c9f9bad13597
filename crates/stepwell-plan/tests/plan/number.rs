//! Numbers of runs, and legs that are computed: what holds whatever is given.

use crate::{command, pairs, planned, read, refused, render, request};
use proptest::prelude::*;
use std::collections::HashSet;
use stepwell_expr::DateTime;
use stepwell_plan::{Request, RunFacts, RunNumberFormat, check_number, computed_legs, plan};

fn pipeline(format: &str) -> String {
    format!("run-number = {format:?}\nvariables = {{ Version = \"1\" }}\n[[steps]]\ntask = \"x\"\n")
}

#[test]
fn a_format_that_is_missing_is_the_date_and_a_revision_and_a_blank_one_the_identifier() {
    let plan = planned("[[steps]]\ntask = \"x\"\n", &[command("x")]);
    assert_eq!(plan.run_number, RunNumberFormat::default());
    let default = RunNumberFormat::parse("$(Date:yyyyMMdd).$(Rev:r)");
    assert_eq!(default, Ok(plan.run_number));

    let blank = planned(&pipeline(""), &[command("x")]).run_number;
    assert_eq!(RunNumberFormat::parse("$(Build.BuildId)"), Ok(blank));
}

#[test]
fn a_format_that_is_wrong_is_explained() {
    insta::assert_snapshot!(refused(&pipeline("$(Date).$(Rev:r)"), &[command("x")]), @r#"
    invalid-run-number: the token `$(Date)` of the run number needs a format
      line 1 "\"$(Date).$(Rev:r)\""
      help: write `$(Date:yyyyMMdd)`
    "#);
    insta::assert_snapshot!(refused(&pipeline("$(Rve:r)"), &[command("x")]), @r#"
    invalid-run-number: the run number has the unknown token `$(Rve:r)`
      line 1 "\"$(Rve:r)\""
      help: did you mean `Rev`?
    "#);
    insta::assert_snapshot!(refused(&pipeline("release/$(Rev:r)"), &[command("x")]), @r#"
    invalid-run-number: a run number cannot hold `/`
      line 1 "\"release/$(Rev:r)\""
      help: no number holds " / \ : < > ' | ? @ *
    "#);
}

#[test]
fn a_variable_that_nobody_sets_is_a_warning() {
    let text = pipeline("$(version).$(Hour).$(Given).$(Build.Reason)");
    let (plan, diagnostics) = plan(
        &read(&text),
        &Request {
            variables: &pairs(&[("GIVEN", "1")]),
            ..request()
        },
        &[command("x")],
    );
    assert!(plan.is_some());
    insta::assert_snapshot!(render(&text, &diagnostics), @r#"
    unknown-variable: the run number names the unknown variable `Hour`
      line 1 "\"$(version).$(Hour).$(Given).$(Build.Reason)\"" did you mean `Hours`?
      help: unless the command line gives it a value, it is in the number as it stands
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_number_is_one_that_may_be(
        format in r"([a-zé.:/ ]|\$\((Date:[ymdhHsf]{1,4}|Rev:\.?r{1,3}|v|Build\.BuildId)\)?){0,6}",
        value in r"\PC{0,300}",
        revision: u32,
        seconds in -70_000_000_000_i64..250_000_000_000,
    ) {
        let (Ok(format), Some(now)) =
            (RunNumberFormat::parse(&format), DateTime::from_unix(seconds, 0, 0))
        else {
            return Ok(());
        };
        let variables = |_: &str| Some(value.clone());
        let facts = RunFacts {
            now,
            run_id: 1,
            definition: "d",
            branch: "",
            project: "",
            variables: &variables,
        };
        let draft = format.draft(&facts);
        prop_assert_eq!(&draft, &format.draft(&facts));
        if let Ok(number) = draft.number(revision) {
            prop_assert_eq!(check_number(&number), Ok(()));
            if draft.key().is_some() {
                prop_assert!(number.contains(&revision.to_string()));
                prop_assert_ne!(Ok(number), draft.number(revision ^ 1));
            } else {
                prop_assert_eq!(Ok(number), draft.number(revision ^ 1));
            }
        }
    }

    #[test]
    fn computed_legs_have_legal_names_of_their_own(
        text in r#"[{]("[a-zA-Z1 ]{0,3}": ?([{]("x": ?("1"|2|null))?[}]|null),?){0,4}[}]?|[{}'":a1\\ ]{0,12}"#
    ) {
        if let Ok(legs) = computed_legs(&text.as_str().into()) {
            let names: HashSet<_> = legs.iter().map(|leg| leg.name.to_uppercase()).collect();
            prop_assert_eq!(names.len(), legs.len());
            for leg in &legs {
                prop_assert!(leg.name.starts_with(|c: char| c.is_ascii_alphabetic()));
            }
        }
    }
}

#[test]
fn a_hundred_legs_are_the_most() {
    let legs = |count: usize| {
        let legs: Vec<_> = (0..count).map(|leg| format!("'l{leg}': {{}}")).collect();
        computed_legs(&format!("{{{}}}", legs.join(",")).into())
    };
    assert_eq!(legs(100).unwrap().len(), 100);
    insta::assert_snapshot!(legs(101).unwrap_err(), @"the matrix expansion resulted in 101 jobs which exceeds the maximum allowable job count of 100");
}
