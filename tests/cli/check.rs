//! `stepwell check`: all that `run` refuses, without a trace.

use crate::{project, step};

#[test]
fn a_pipeline_that_can_run_is_counted_and_nothing_is_left_behind() {
    let env = project(&step("", &["say:hello"]));
    let before = env.files();
    let output = env.stepwell(&["check"]);
    assert_eq!(output.stdout, "pipeline.toml can run: 1 job, 1 step\n");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(env.files(), before);
}

#[test]
fn a_program_reads_the_same_as_json() {
    let env = project(&[step("", &[]), step("", &[])].concat());
    let output = env.stepwell(&["check", "--output", "json"]);
    assert_eq!(output.code, 0);
    let line: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let expect = serde_json::json!({
        "v": 1, "type": "checked", "file": "pipeline.toml", "jobs": 1, "steps": 2,
    });
    assert_eq!(line, expect);
}

#[test]
fn check_and_run_refuse_a_pipeline_with_the_same_words() {
    let env = project("[[steps]]\ntask = \"nope\"");
    let (check, run) = (env.stepwell(&["check"]), env.stepwell(&["run"]));
    assert_eq!((check.code, check.stdout.as_str()), (2, ""));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(check.stderr, run.stderr);
    assert!(!env.project().join(".stepwell").exists());
}
