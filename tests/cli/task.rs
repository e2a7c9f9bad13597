//! `stepwell task`: what a task is, before anybody runs it.

use crate::{assert_refused, empty};
use insta::assert_snapshot;

#[test]
fn a_typed_task_tells_its_inputs_outputs_and_wishes() {
    let env = empty();
    env.add_guests(&["task_echo"]);
    let output = env.stepwell(&["task", "inspect", "guests/task_echo.wasm"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    // The last line is the digest, which every compiler changes.
    let (told, digest) = output.stdout.trim_end().rsplit_once("\n\n").unwrap();
    assert!(
        digest.starts_with("sha256:") && digest.ends_with(" KiB)"),
        "{digest}"
    );
    assert_snapshot!(told, @r"
    echo 0.1.0
      Hands on what it was given.

    inputs
      text  string, required
          What to hand on.
      times  number, default `1`
          How often.
      lines  list, default ``
          Lines to count.
      fail  boolean, default `false`
          Whether to fail at the end.

    outputs
      text
          The text, as often as asked.
      lines
          How many lines were given.

    asks for
      network: example.org
      environment variable: LANG
      secret: token
    ");
}

#[test]
fn a_plain_command_is_told_apart() {
    let env = empty();
    env.add_guests(&["play"]);
    let output = env.stepwell(&["task", "inspect", "guests/play.wasm"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert!(
        output.stdout.starts_with("a plain WASI command: "),
        "{}",
        output.stdout
    );
}

#[test]
fn a_program_reads_the_same_as_json() {
    let env = empty();
    env.add_guests(&["task_print"]);
    let output = env.stepwell(&[
        "task",
        "inspect",
        "guests/task_print.wasm",
        "--output",
        "json",
    ]);
    assert_eq!(output.code, 0);
    let line: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&line["v"], &line["kind"]), (&1.into(), &"task".into()));
    let inputs = line["description"]["inputs"].as_array().unwrap();
    let names: Vec<_> = inputs
        .iter()
        .map(|input| input["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["text", "act"]);
}

#[test]
fn an_oracle_says_what_it_judges_and_how_well() {
    let env = empty();
    env.add_guests(&["bisect_oracle", "bisect_notifier"]);
    let output = env.stepwell(&["task", "inspect", "guests/bisect_oracle.wasm"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let (told, _) = output.stdout.trim_end().rsplit_once("\n\n").unwrap();
    assert_snapshot!(told, @"
    probe 1.2.3, an oracle
      Does what its configuration says.

    verdicts: whole or broken
    noise: a good version is found bad at a rate of 0.01, a bad one good at 0.2
    trials: at most 50 in one judgement
    ");
    let json = [
        "task",
        "inspect",
        "guests/bisect_notifier.wasm",
        "--output",
        "json",
    ];
    let output = env.stepwell(&json);
    let line: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(line["kind"], "notifier");
    assert_eq!(line["role"]["kind"], "notifier");
}

#[test]
fn the_built_in_tasks_are_listed() {
    let output = empty().stepwell(&["task", "list"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(
        output.stdout,
        "archive\nchecksum\nmarkdown-links\nsbom\nsecret-scan\n"
    );
}

#[test]
fn every_built_in_task_can_be_inspected() {
    let env = empty();
    for name in env.stepwell(&["task", "list"]).stdout.lines() {
        let output = env.stepwell(&["task", "inspect", name]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{name}");
        assert!(
            output.stdout.starts_with(&format!("{name} ")),
            "{}",
            output.stdout
        );
    }
}

#[test]
fn what_is_no_task_is_refused() {
    let env = empty();
    env.write("text.wasm", "text");
    for (task, told) in [
        ("nope", "there is no built-in task `nope`"),
        ("nope.wasm", "cannot read `nope.wasm`"),
        ("text.wasm", "`text.wasm` cannot run: "),
        (".", "there is no built-in task `.`"),
    ] {
        let output = env.stepwell(&["task", "inspect", task]);
        assert_refused(&env, &output, 2, &[told]);
    }
}
