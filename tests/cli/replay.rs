//! `stepwell replay`: the same step once more.

use crate::{assert_refused, empty, project, step};
use insta::assert_snapshot;
use serde_json::Value;
use std::fs;
use stepwell_testkit::{Output, Signal, TestEnv};

/// What replaying a step of the last run says.
fn replay(env: &TestEnv, step: &str) -> Output {
    env.stepwell(&["replay", "latest", step])
}

/// A project with one step of a plain command.
fn command(name: &str, more: &str) -> TestEnv {
    let env = empty();
    env.add_guests(&[name]);
    env.write(
        "pipeline.toml",
        format!(
            "name = \"test\"\nrun-number = \"7\"\n\n[tasks.{name}]\nsource = \"guests/{name}.wasm\"\n\
             {more}\n\n[[steps]]\ntask = \"{name}\"\n"
        ),
    );
    env
}

#[test]
fn a_step_that_depends_on_nothing_does_the_same() {
    let env = project(&step(
        "name = \"tell\"\ncommands = \"any\"",
        &[
            "say:hello",
            "complain:oh",
            "say:##vso[task.setvariable variable=colour;isOutput=true]red",
            "exit:3",
        ],
    ));
    assert_eq!(env.stepwell(&["run"]).code, 1);
    let output = replay(&env, "main.tell");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_snapshot!(env.redact(&output.stdout), @r"
    replayed main/1 `tell` of run_ID
      outcome  the same: failed (exit code 3)
      variables  the same: 1 set
      log  the same: 2 lines
      fuel  not compared: the step has no budget of fuel, so none was counted
    the step did the same as it did then
    ");
    let left: Vec<String> = env.files();
    let left = left
        .iter()
        .filter(|file| file.starts_with(".stepwell/replays/"));
    assert_eq!(left.count(), 0);
}

#[test]
fn the_first_line_that_differs_is_shown() {
    let env = project(&step("", &["say:one", "read:number.txt", "say:three"]));
    env.write("number.txt", "two");
    assert_eq!(env.stepwell(&["run"]).code, 0);
    env.write("number.txt", "2");
    let output = replay(&env, "1");
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert_snapshot!(env.redact(&output.stdout), @r"
    replayed main/1 `play` of run_ID
      outcome  the same: succeeded
      variables  the same: none was set
      log  differs at line 2; 3 recorded, 3 now
        recorded | number.txt: two
        now  | number.txt: 2
      fuel  not compared: the step has no budget of fuel, so none was counted
    the step did something else than it did then
    ");
}

#[test]
fn a_step_that_tells_the_time_differs_unless_its_clock_is_frozen() {
    let env = command("clock_read", "");
    assert_eq!(env.stepwell(&["run"]).code, 0);
    let output = replay(&env, "main/1");
    assert_eq!(output.code, 1, "{}{}", output.stdout, output.stderr);
    assert!(
        output.stdout.contains("differs at line 1;"),
        "{}",
        output.stdout
    );

    let env = command(
        "clock_read",
        "allow = { clock = \"frozen\" }\nlimits = { fuel = \"1G\" }",
    );
    let run = env.stepwell(&["run"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let output = replay(&env, "main/1");
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    assert!(
        output.stdout.contains("fuel       the same: "),
        "{}",
        output.stdout
    );
}

#[test]
fn seeded_random_bytes_are_the_same_again() {
    let env = command(
        "random_draw",
        "allow = { random = \"seeded\" }\nlimits = { fuel = \"1G\" }",
    );
    assert_eq!(env.stepwell(&["run"]).code, 0);
    let output = env.stepwell(&["replay", "latest", "main/1", "--output", "json"]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let told: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        (&told["type"], &told["same"]),
        (&"replayed".into(), &true.into())
    );
    for finding in told["findings"].as_array().unwrap() {
        assert_eq!(finding["state"], "same", "{finding}");
    }
}

#[test]
fn the_files_of_the_user_stay_as_they_are() {
    let env = project(&step("", &["read:made.txt", "write:made.txt"]));
    assert_eq!(env.stepwell(&["run", "--record"]).code, 0);
    env.write("made.txt", "mine");
    let output = replay(&env, "main/1");
    assert_eq!(output.code, 1, "{}{}", output.stdout, output.stderr);
    assert!(
        output.stdout.contains("recorded | made.txt: NotFound"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("now      | made.txt: mine"),
        "{}",
        output.stdout
    );
    let note = "note: the workspace differs from the recorded one (1 file): made.txt\n";
    assert_eq!(output.stderr, note);
    assert_eq!(
        fs::read_to_string(env.project().join("made.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn secrets_are_asked_for_and_never_kept() {
    let env = project(&step(
        "env = { MAPPED = \"$(TOKEN)\" }",
        &["say:it is $(TOKEN)", "env:MAPPED"],
    ));
    let with = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        let output = command.env("CI_TOKEN", "hunter22").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = with(&["run", "--secret", "TOKEN=CI_TOKEN"]);
    assert_eq!(code, Some(0), "{said}");
    let output = replay(&env, "main/1");
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    for words in [
        "error[no-secret]: the step was given the secrets `TOKEN`",
        "--secret TOKEN",
    ] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
    let (code, said) = with(&["replay", "latest", "main/1", "--secret", "TOKEN=CI_TOKEN"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("hunter22"), "{said}");
}

#[test]
fn what_cannot_be_replayed_is_told_with_what_was_meant() {
    let env = project(
        &[
            step("name = \"first\"", &["exit:1"]),
            step("name = \"second\"", &["say:hello"]),
        ]
        .concat(),
    );
    assert_refused(
        &env,
        &replay(&env, "main/1"),
        2,
        &["has no runs", "--project"],
    );
    assert_eq!(env.stepwell(&["run"]).code, 1);
    let refused = |arguments: [&str; 2], told: &[&str]| {
        let output = env.stepwell(&["replay", arguments[0], arguments[1]]);
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (2, ""),
            "{}",
            output.stderr
        );
        for words in told {
            assert!(
                output.stderr.contains(words),
                "`{words}` is not in {}",
                output.stderr
            );
        }
    };
    refused(["nope", "main/1"], &["there is no run `nope`", "`latest`"]);
    refused(
        ["latest", "main.frist"],
        &[
            "no step `main.frist`",
            "did you mean `main.first`?",
            "main/2 `second`",
        ],
    );
    refused(
        ["latest", "main/2"],
        &["never began", "an earlier step failed"],
    );
    env.write("guests/play.wasm", "another");
    refused(
        ["latest", "main/1"],
        &["error[changed-component]", "sha256:"],
    );
}

#[test]
fn an_interrupted_step_is_compared_as_far_as_it_is_recorded() {
    let env = project(&step("", &["say:busy", "sleep:4000", "say:done"]));
    let mut run = env.start(&["run"]);
    run.wait_for("| busy");
    // Events gather for a moment before they are durable.
    std::thread::sleep(std::time::Duration::from_millis(500));
    run.signal(Signal::KILL);
    assert_ne!(run.end().code, 0);
    let output = replay(&env, "main/1");
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    for words in [
        "outcome    not compared: the step did not come to its end",
        "log        the same: 1 line, as far as it is recorded",
    ] {
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
}
