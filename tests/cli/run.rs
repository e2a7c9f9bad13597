//! A run as it is shown, and the flags that change it.

use crate::{empty, pipeline, project, step};
use insta::assert_snapshot;
use std::fs;
use stepwell_event::{Envelope, FORMAT_VERSION, RunEvent, RunResult};

const GREETING: &str = "[variables]\nGreeting = \"hello\"\n\n";

fn greeting() -> String {
    let greet = step(
        "display-name = \"greet\"",
        &["say:$(Greeting)", "complain:it works"],
    );
    format!("{GREETING}{greet}{}", step("", &["env:GREETING"]))
}

#[test]
fn a_pipe_gets_plain_lines_and_a_table() {
    let env = project(&greeting());
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0);
    assert_eq!(output.stderr, "");
    assert_snapshot!(env.redact(&output.stdout), @r"
    run > started test: 1 job, 2 steps, run 7 (run_ID)
    main | greet > started
    main | greet | hello
    main | greet | it works
    main | greet > succeeded in TIME
    main | play > started
    main | play | GREETING=hello
    main | play > succeeded in TIME
    main > succeeded in TIME
    run > succeeded in TIME
    Job  Step  Result  Duration  CPU  Memory  Reason
    main  greet  succeeded  TIME  TIME  SIZE
          play  succeeded  TIME  TIME  SIZE

    run 7 (run_ID) succeeded: 2 steps in TIME
    ");
}

#[test]
fn a_failed_run_says_what_failed_and_why() {
    let steps = [
        step("", &["say:first"]),
        step("display-name = \"lint\"", &["say:2 problems", "exit:7"]),
        step("", &["say:never"]),
        step("condition = \"always()\"", &["say:cleaning up"]),
    ];
    let env = project(&steps.concat());
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 1);
    assert_eq!(output.stderr, "");
    assert_snapshot!(env.redact(&output.stdout), @r"
    run > started test: 1 job, 4 steps, run 7 (run_ID)
    main | play > started
    main | play | first
    main | play > succeeded in TIME
    main | lint > started
    main | lint | 2 problems
    main | lint > failed in TIME: exit code 7
    main | play > skipped: condition `succeeded()` is false: an earlier step failed
    main | play > started
    main | play | cleaning up
    main | play > succeeded in TIME
    main > failed in TIME
    run > failed in TIME
    Job  Step  Result  Duration  CPU  Memory  Reason
    main  play  succeeded  TIME  TIME  SIZE
          lint  failed  TIME  TIME  SIZE  exit code 7
          play  skipped  condition `succeeded()` is false: an earlier step failed
          play  succeeded  TIME  TIME  SIZE

    ✗ main / lint: exit code 7

    run 7 (run_ID) failed: 1 of 4 steps failed in TIME
    ");
}

#[test]
fn a_run_has_the_day_and_a_count_as_its_number_by_default() {
    let env = project("");
    let text = pipeline(&step("", &["say:$(Build.BuildNumber)"]));
    env.write("pipeline.toml", text.replace("run-number = \"7\"\n", ""));
    let number = || {
        let output = env.stepwell(&["run"]);
        let (_, said) = output.stdout.split_once("main | play | ").unwrap();
        let (number, _) = said.split_once('\n').unwrap();
        assert!(
            output.stdout.contains(&format!(", run {number} (run_")),
            "{}",
            output.stdout
        );
        let (day, count) = number.split_once('.').unwrap();
        assert_eq!((day.len(), day.parse::<u32>().is_ok()), (8, true));
        (day.to_owned(), count.to_owned())
    };
    let (first, second) = (number(), number());
    assert_eq!(first.1, "1");
    // Unless midnight was in between.
    let expected = if first.0 == second.0 { "2" } else { "1" };
    assert_eq!(second.1, expected);
}

#[test]
fn a_pipe_has_colour_only_where_it_is_asked_for() {
    let env = project(&step("", &["say:\u{1b}[31mred\u{1b}[0m", "exit:1"]));
    for (variables, colored) in [
        (&[][..], false),
        (&[("NO_COLOR", "1")], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ] {
        let output = env
            .command(&["run"])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stdout.contains(&0x1b), colored, "{variables:?}");
        let guests = String::from_utf8_lossy(&output.stdout).contains("\u{1b}[31mred");
        assert!(!guests, "a guest's colour got through");
    }
}

#[test]
fn a_problem_has_colour_only_where_it_is_asked_for() {
    let env = project("[[steps]]\nrun = \"x\"");
    for (variables, colored) in [
        (&[][..], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ] {
        let output = env
            .command(&["run"])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(output.stderr.contains(&0x1b), colored, "{variables:?}");
    }
}

#[test]
fn json_is_one_event_a_line_without_gaps() {
    let env = project(&greeting());
    let output = env.stepwell(&["run", "--output", "json"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let events: Vec<Envelope> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (seq, event) in (0..).zip(&events) {
        assert_eq!(
            (event.seq, event.v, event.run),
            (seq, FORMAT_VERSION, events[0].run)
        );
    }
    assert!(matches!(events[0].event, RunEvent::RunStarted { .. }));
    let last = &events.last().unwrap().event;
    assert_eq!(
        *last,
        RunEvent::RunFinished {
            result: RunResult::Succeeded
        }
    );
}

#[test]
fn json_tells_problems_on_standard_output_too() {
    let env = project("[[steps]]\nrun = \"x\"");
    let output = env.stepwell(&["run", "--output", "json"]);
    assert_eq!((output.code, output.stderr.as_str()), (2, ""));
    let problems: Vec<serde_json::Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(problems[0]["type"], "diagnostic");
    assert_eq!(problems[0]["file"], "pipeline.toml");
    assert_eq!(problems[0]["diagnostic"]["code"], "unsupported-key");
}

#[test]
fn a_variable_of_the_command_line_counts_over_the_pipelines() {
    let env = project(&greeting());
    let output = env.stepwell(&["run", "--var", "greeting=a=b", "--var", "Other=x"]);
    assert_eq!(output.code, 0);
    assert!(output.stdout.contains("| a=b\n"), "{}", output.stdout);
    assert!(
        output.stdout.contains("| GREETING=a=b\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn the_project_is_the_current_folder_if_the_file_is_in_it() {
    let env = project("");
    env.write("data.txt", "data of the project");
    env.write(
        "ci/pipeline.toml",
        pipeline(&step("", &["read:data.txt"])).replace("guests/", "../guests/"),
    );
    let output = env.stepwell(&["run", "ci/pipeline.toml"]);
    assert!(
        output.stdout.contains("data.txt: data of the project"),
        "{}",
        output.stdout
    );
    assert!(env.project().join(".stepwell/journal.db").is_file());
    assert!(!env.project().join("ci/.stepwell").exists());
}

#[test]
fn the_project_is_the_files_folder_if_that_is_elsewhere() {
    let env = project(&step("", &["read:data.txt"]));
    env.write("data.txt", "data of the project");
    let file = env.project().join("pipeline.toml").display().to_string();
    let elsewhere = empty();
    let output = elsewhere.stepwell(&["run", &file]);
    assert!(
        output.stdout.contains("data.txt: data of the project"),
        "{}",
        output.stdout
    );
    assert_eq!(elsewhere.files(), Vec::<String>::new());
}

#[test]
fn another_project_can_be_named() {
    let env = project("");
    env.write("ci/data.txt", "data of ci");
    env.write("ci/pipeline.toml", pipeline(&step("", &["read:data.txt"])));
    let guest = env.project().join("guests/play.wasm");
    fs::create_dir(env.project().join("ci/guests")).unwrap();
    fs::copy(guest, env.project().join("ci/guests/play.wasm")).unwrap();
    let output = env.stepwell(&["run", "ci/pipeline.toml", "--project", "ci"]);
    assert!(
        output.stdout.contains("data.txt: data of ci"),
        "{}",
        output.stdout
    );
    assert!(env.project().join("ci/.stepwell/journal.db").is_file());
    assert!(!env.project().join(".stepwell").exists());
}

#[test]
fn a_warning_does_not_keep_a_pipeline_from_running() {
    let env = project(&format!("[tasks.spare]\n\n{}", step("", &["say:hello"])));
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0);
    assert_snapshot!(env.redact(&output.stderr), @r"
    warning[unused-task]: task `spare` is never used
     --> pipeline.toml:8:8
      |
    8 | [tasks.spare]
      |        ^^^^^ no step names it

    1 warning in pipeline.toml
    ");
}

#[test]
fn two_names_of_one_component_keep_their_own_grants() {
    let file = "[tasks.reader]\nsource = \"guests/play.wasm\"\nallow = { workspace = \"read\" }\n\n\
        [tasks.other]\nsource = \"guests/env_exit.wasm\"\n\n\
        [tasks.blind]\nsource = \"guests/play.wasm\"\n\n\
        [[steps]]\ntask = \"reader\"\nargs = [\"read:data.txt\"]\n\n\
        [[steps]]\ntask = \"other\"\nargs = [\"7\"]\n\n\
        [[steps]]\ntask = \"blind\"\ncondition = \"always()\"\nargs = [\"read:data.txt\"]\n";
    let env = empty();
    env.add_guests(&["play", "env_exit"]);
    env.write("data.txt", "data");
    env.write("pipeline.toml", file);
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 1, "{}", output.stdout);
    let failed = "main | other > failed in TIME: exit code 7\n";
    assert!(
        env.redact(&output.stdout).contains(failed),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("main | reader | data.txt: data\n"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("main | blind | data.txt: "),
        "{}",
        output.stdout
    );
    assert!(
        !output.stdout.contains("main | blind | data.txt: data\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let env = project(&step("", &["say:hello"]));
    let mut child = env
        .command(&["run"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
