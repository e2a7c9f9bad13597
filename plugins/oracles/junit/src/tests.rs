use super::*;
use stepwell_judging::script::{Script, question, run, step};
use stepwell_oracle::lab::StepEnd;
use stepwell_oracle::{Verdict, with_host};

const FILE: &str = r#"<?xml version="1.0"?>
<!DOCTYPE testsuites [<!ENTITY a "aaaa">]>
<testsuites>
  <testsuite name="fast">
    <testcase classname="parse.Numbers" name="reads_zero"/>
    <testcase classname="parse.Numbers" name="reads_one">
      <failure type="AssertionError" message="left 3 &lt; right 14">trace</failure>
    </testcase>
    <testcase classname="parse::text" name="reads_text"><skipped/></testcase>
    <testcase classname="parse.Numbers" name="off" status="notrun"/>
    <testcase classname="a" name="twice"/>
    <testcase classname="b" name="twice"><error>
      out of range at 12
    </error></testcase>
  </testsuite>
  <testsuite name="slow"><testcase classname="parse.Numbers" name="reads_one"/></testsuite>
</testsuites>"#;

const CONFIG: &str = r#"{"report": "out/junit.xml", "test": "parse.Numbers.reads_zero"}"#;

fn asked(test: &str, suite: Option<&str>) -> String {
    let suite = suite
        .map(|suite| format!(r#", "suite": "{suite}""#))
        .unwrap_or_default();
    format!(r#"{{"report": ["out/junit.xml"], "test": "{test}"{suite}}}"#)
}

fn judged(config: &str, end: RunEnd, file: Option<&str>) -> Observation {
    let steps = vec![step("main.test", StepEnd::Failed, "exit-code")];
    let script = Script::of_runs([Ok(run(end, steps))]);
    let script = file
        .into_iter()
        .fold(script, |script, file| script.file("out/junit.xml", file));
    with_host(script, || Junit::judge(question(config))).unwrap()
}

#[test]
fn one_test_is_the_verdict_whatever_the_others_did() {
    let absent = Verdict::Skip(SkipKind::TestAbsent);
    for (test, suite, expected, reason) in [
        (
            "parse.Numbers.reads_zero",
            None,
            Verdict::Good,
            "test `parse.Numbers.reads_zero` passed",
        ),
        (
            "reads_zero",
            None,
            Verdict::Good,
            "test `reads_zero` passed",
        ),
        (
            "parse::text::reads_text",
            None,
            absent,
            "test `parse::text::reads_text` was skipped",
        ),
        ("off", None, absent, "test `off` was skipped"),
        (
            "reads_two",
            None,
            absent,
            "test `reads_two` is not in the results",
        ),
        (
            "reads_zero",
            Some("slow"),
            absent,
            "test `reads_zero` is not in the results",
        ),
        (
            "reads_one",
            Some("slow"),
            Verdict::Good,
            "test `reads_one` passed",
        ),
        (
            "reads_one",
            Some("fast"),
            Verdict::Bad,
            "test `reads_one` failed: left 3 < right 14",
        ),
        (
            "reads_one",
            None,
            Verdict::Bad,
            "test `reads_one` failed: left 3 < right 14",
        ),
        ("a.twice", None, Verdict::Good, "test `a.twice` passed"),
        (
            "twice",
            None,
            Verdict::Bad,
            "test `twice` failed: out of range at 12",
        ),
    ] {
        let observation = judged(&asked(test, suite), RunEnd::Failed, Some(FILE));
        assert_eq!(
            (observation.verdict, observation.reason.as_str()),
            (expected, reason)
        );
    }
}

#[test]
fn failures_with_the_same_message_have_the_same_signature() {
    let signature = |file: &str| {
        judged(&asked("reads_one", None), RunEnd::Failed, Some(file))
            .signature
            .unwrap()
    };
    assert_eq!(signature(FILE), "reads_one: left # < right #");
    assert_eq!(signature(&FILE.replace("14", "15")), signature(FILE));
    assert_ne!(signature(&FILE.replace("14", "none")), signature(FILE));
}

#[test]
fn without_results_it_is_not_the_test_that_failed() {
    let broken = Verdict::Skip(SkipKind::BuildBroken);
    let absent = Verdict::Skip(SkipKind::TestAbsent);
    for (end, file, expected) in [
        (RunEnd::Failed, None, broken),
        (RunEnd::Succeeded, None, absent),
        (
            RunEnd::Canceled,
            None,
            Verdict::Skip(SkipKind::Infrastructure),
        ),
        (RunEnd::Failed, Some(""), broken),
        (RunEnd::Failed, Some("<html/>"), broken),
        (RunEnd::Failed, FILE.get(..600), broken),
    ] {
        let observation = judged(CONFIG, end, file);
        assert_eq!(observation.verdict, expected, "{}", observation.reason);
    }
    let cut_off = judged(CONFIG, RunEnd::Failed, FILE.get(..600));
    assert!(
        cut_off.reason.starts_with("`out/junit.xml`: line "),
        "{}",
        cut_off.reason
    );
}

#[test]
fn what_the_machine_did_is_not_the_test_s_doing() {
    let lost = run(
        RunEnd::Failed,
        vec![step("main.test", StepEnd::Failed, "infra-lost")],
    );
    let script = Script::of_runs([Ok(lost)]).file("out/junit.xml", FILE);
    let observation = with_host(script, || Junit::judge(question(&asked("reads_one", None))));
    assert_eq!(
        observation.unwrap().verdict,
        Verdict::Skip(SkipKind::Infrastructure)
    );
}

#[test]
fn what_is_missing_in_the_inputs_is_told() {
    for (config, problem) in [
        (r#"{"report": "x.xml"}"#, "input `test` is missing"),
        (
            r#"{"test": "x"}"#,
            "input `report` is missing: name the JUnit files",
        ),
    ] {
        let refusal = with_host(Script::default(), || Junit::judge(question(config)));
        assert_eq!(refusal, Err(Refusal::Misconfigured(problem.to_owned())));
    }
}
