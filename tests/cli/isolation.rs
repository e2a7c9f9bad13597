//! What one step leaves for the next: what it hands on, and nothing else.

use crate::{empty, project, step};
use std::fs;

#[test]
fn memory_environment_and_files_do_not_outlive_a_step() {
    let env = empty();
    env.add_guests(&["state_counter"]);
    let step = "[[steps]]\ntask = \"counter\"\n\n";
    let task = "[tasks.counter]\nsource = \"guests/state_counter.wasm\"\n\n";
    env.write("pipeline.toml", format!("{task}{step}{step}"));
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    for words in ["run 1", "mark None", "file false", "write false"] {
        let said = output.stdout.matches(&format!("| {words}\n")).count();
        assert_eq!(said, 2, "{words}: {}", output.stdout);
    }
}

#[test]
fn the_hosts_files_and_environment_are_not_there() {
    let env = project(&step(
        "",
        &[
            "read:/etc/passwd",
            "read:../secret",
            "read:link",
            "env:HOME",
            "env:PATH",
            "env:STEPWELL_TASKS",
        ],
    ));
    env.write("../secret", "of the host");
    std::os::unix::fs::symlink("../secret", env.project().join("link")).unwrap();
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert!(!output.stdout.contains("of the host"), "{}", output.stdout);
    assert!(!output.stdout.contains("root:"), "{}", output.stdout);
    for name in ["HOME", "PATH", "STEPWELL_TASKS"] {
        assert!(
            output.stdout.contains(&format!("| {name} is not set\n")),
            "{}",
            output.stdout
        );
    }
}

#[test]
fn a_task_sees_the_workspace_only_as_far_as_it_is_granted() {
    let env = empty();
    env.add_guests(&["play"]);
    let mut file = String::new();
    for (name, access) in [("blind", "none"), ("reader", "read"), ("writer", "write")] {
        file += &format!(
            "[tasks.{name}]\nsource = \"guests/play.wasm\"\nallow = {{ workspace = \"{access}\" }}\n"
        );
        file +=
            &format!("[[steps]]\ntask = \"{name}\"\nargs = [\"read:data\", \"write:{name}\"]\n\n");
    }
    // Tables may come in any order.
    env.write("pipeline.toml", file);
    env.write("data", "here");
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    for (words, said) in [
        ("main | blind | data: here", false),
        ("main | reader | data: here", true),
        ("main | writer | data: here", true),
        ("main | writer | writer: written", true),
    ] {
        assert_eq!(
            output.stdout.contains(words),
            said,
            "{words}: {}",
            output.stdout
        );
    }
    let made: Vec<_> = ["blind", "reader", "writer"]
        .map(|name| env.project().join(name).exists())
        .into();
    assert_eq!(made, [false, false, true]);
}

#[test]
fn a_variable_is_there_for_the_steps_after_it() {
    let env = project(
        &[
            step(
                "",
                &[
                    "say:##vso[task.setvariable variable=my.value]hello",
                    "say:now: $(my.value)",
                ],
            ),
            step("", &["say:later: $(my.value)", "env:MY_VALUE"]),
        ]
        .concat(),
    );
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    for words in [
        "| now: $(my.value)\n",
        "| later: hello\n",
        "| MY_VALUE=hello\n",
    ] {
        assert!(output.stdout.contains(words), "{words}: {}", output.stdout);
    }
    assert!(!output.stdout.contains("##vso"), "{}", output.stdout);
}

/// What the escape in a pipeline stands for, so that the pipeline's own text does not hold it.
const SECRET: &str = "correct;horse";

#[test]
fn a_secret_is_masked_everywhere_and_kept_nowhere() {
    let set = "say:##vso[task.setvariable variable=token;issecret=true]correct%3Bhorse";
    let env = project(
        &[
            step("", &[set]),
            step("", &["say:<$(token)>", "complain:<$(token)>", "env:TOKEN"]),
            step(
                "env = { T = \"$(token)\" }\ncontinue-on-error = true",
                &["env:T", "panic:<$(token)>"],
            ),
        ]
        .concat(),
    );
    for output in ["human", "json"] {
        let output = env.stepwell(&["run", "--output", output]);
        assert_eq!(output.code, 0, "{}", output.stdout);
        assert!(output.stdout.contains("<***>"), "{}", output.stdout);
        assert!(output.stdout.contains("T=***"), "{}", output.stdout);
        assert!(
            output.stdout.contains("TOKEN is not set"),
            "{}",
            output.stdout
        );
        assert!(!output.stdout.contains(SECRET), "{}", output.stdout);
        assert!(!output.stderr.contains(SECRET), "{}", output.stderr);
    }
    let is_journal = |file: &&String| file.starts_with(".stepwell/journal");
    for file in env.files().iter().filter(is_journal) {
        let bytes = fs::read(env.project().join(file)).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{file}");
    }
}

#[test]
fn a_typed_task_has_calls_for_commands_so_its_output_is_text() {
    let env = empty();
    env.add_guests(&["play", "task_print"]);
    let line = "##vso[task.setvariable variable=x]stolen";
    env.write("pipeline.toml", format!(
        "variables = {{ x = \"mine\" }}\n\n[tasks.print]\nsource = \"guests/task_print.wasm\"\n\n\
         [tasks.play]\nsource = \"guests/play.wasm\"\n\n\
         [[steps]]\ntask = \"print\"\ninputs = {{ text = \"{line}\" }}\n\n\
         {}", step("", &["say:x is $(x)"])
    ));
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert!(
        output.stdout.contains(&format!("main | print | {line}\n")),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("| x is mine\n"), "{}", output.stdout);
}

#[test]
fn the_journal_is_closed_to_steps() {
    let env = project(&step(
        "",
        &["read:.stepwell/journal.db", "write:.stepwell/planted"],
    ));
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert!(!output.stdout.contains("SQLite"), "{}", output.stdout);
    assert!(!env.project().join(".stepwell/planted").exists());
}
