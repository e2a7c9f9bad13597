//! Pipelines that cannot run, and everything else that is wrong before a run begins.

use crate::{assert_refused, empty, project};
use std::os::unix::fs::symlink;

/// A pipeline with a plain command `play` and a typed task `print`.
const TASKS: &str = "\
[tasks.play]
source = \"guests/play.wasm\"

[tasks.print]
source = \"guests/task_print.wasm\"
";

/// Refuses these steps or jobs.
#[track_caller]
fn check(steps: &str, told: &[&str]) {
    let env = empty();
    env.add_guests(&["play", "task_print"]);
    env.write("pipeline.toml", format!("{TASKS}\n{steps}\n"));
    let output = env.stepwell(&["run"]);
    assert_refused(&env, &output, 2, told);
}

/// Refuses these bytes as a pipeline.
#[track_caller]
fn check_bytes(bytes: impl AsRef<[u8]>, told: &[&str]) {
    let env = empty();
    env.write("pipeline.toml", bytes);
    let output = env.stepwell(&["run"]);
    assert_refused(&env, &output, 2, told);
    assert_eq!(env.files(), ["pipeline.toml"]);
}

#[test]
fn a_missing_file() {
    let env = empty();
    let output = env.stepwell(&["run"]);
    assert_refused(
        &env,
        &output,
        2,
        &["there is no file `pipeline.toml`", "stepwell run FILE"],
    );
    assert_eq!(env.files(), Vec::<String>::new());
}

#[test]
fn a_folder_instead_of_a_file() {
    let env = empty();
    env.write("ci/pipeline.toml", "");
    let output = env.stepwell(&["run", "ci"]);
    assert_refused(
        &env,
        &output,
        2,
        &["`ci` is a directory", "`ci/pipeline.toml`"],
    );
}

#[test]
fn a_device_instead_of_a_file() {
    let env = empty();
    symlink("/dev/zero", env.project().join("pipeline.toml")).unwrap();
    let output = env.stepwell(&["run"]);
    assert_refused(&env, &output, 2, &["`pipeline.toml` is no ordinary file"]);
}

#[test]
fn a_file_that_is_not_utf_8() {
    check_bytes(
        b"name = \"a\"\n# caf\xe9\n",
        &["not UTF-8: see line 2", "save it as UTF-8"],
    );
}

#[test]
fn an_empty_file() {
    check_bytes("", &["the file is empty", "[[steps]]"]);
    check_bytes(" \n\t\n", &["the file is empty", "[[steps]]"]);
}

#[test]
fn a_pipeline_without_steps() {
    check_bytes(
        "name = \"test\"\n",
        &["the pipeline has no steps", "[[steps]]"],
    );
    check_bytes(
        "[jobs.build]\n",
        &["job `build` has no steps", "[[jobs.build.steps]]"],
    );
}

#[test]
fn a_file_that_is_too_large() {
    let comment = "# ".repeat(1 << 20);
    check_bytes(comment, &["has 2097152 bytes", "1048576"]);
}

#[test]
fn a_file_that_is_no_toml() {
    check_bytes(
        "name = \n[[steps\n",
        &["pipeline.toml:1:", "pipeline.toml:2:"],
    );
}

#[test]
fn a_project_that_is_not_there_or_no_folder() {
    let env = project("[[steps]]\ntask = \"play\"");
    for name in ["nope", "pipeline.toml"] {
        let output = env.stepwell(&["run", "--project", name]);
        let told = [
            format!("cannot read the project `{name}`"),
            "--project".to_owned(),
        ];
        assert_refused(&env, &output, 2, &told.each_ref().map(String::as_str));
    }
}

#[test]
fn a_variable_whose_name_is_reserved() {
    let env = project("[[steps]]\ntask = \"play\"");
    let output = env.stepwell(&["run", "--var", "secretKey=x"]);
    assert_refused(
        &env,
        &output,
        2,
        &["`secretKey` begins with the reserved word `secret`"],
    );
}

#[test]
fn a_cache_that_cannot_be_written() {
    let env = project("[[steps]]\ntask = \"play\"");
    let output = env
        .command(&["run"])
        .env("STEPWELL_CACHE", "/dev/null")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("`/dev/null`") && said.contains("set STEPWELL_CACHE"),
        "{said}"
    );
}

#[test]
fn a_host_without_address_space() {
    let env = project("[[steps]]\ntask = \"play\"");
    let script = "ulimit -v 4000000 && exec \"$0\" check";
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_stepwell")])
        .current_dir(env.project())
        .env("STEPWELL_CACHE", env.project().join("cache"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("cannot set up the sandbox") && said.contains("`ulimit -v`"),
        "{said}"
    );
    assert!(!said.contains("STEPWELL_CACHE"), "{said}");
}

#[test]
fn an_input_that_is_not_declared() {
    check(
        "[[steps]]\ntask = \"print\"\ninputs = { text = \"\", txet = \"\" }",
        &[
            "task `print` has no input `txet`",
            "did you mean `text`?",
            "text, act",
        ],
    );
}

#[test]
fn an_input_that_is_missing() {
    check(
        "[[steps]]\ntask = \"print\"",
        &[
            "task `print` needs input `text`",
            "`text` (string): What to print.",
        ],
    );
}

#[test]
fn an_input_with_a_wrong_value() {
    check(
        "[[steps]]\ntask = \"print\"\ninputs = { text = \"\", act = \"prnt\" }",
        &[
            "input `act` cannot be \"prnt\"",
            "did you mean `print`?",
            "print, fail, panic",
        ],
    );
}

#[test]
fn arguments_for_a_typed_task() {
    check(
        "[[steps]]\ntask = \"print\"\nargs = [\"a\"]",
        &[
            "task `print` takes inputs, not args",
            "inputs of the task: text, act",
        ],
    );
}

#[test]
fn inputs_for_a_command() {
    check(
        "[[steps]]\ntask = \"play\"\ninputs = { text = \"a\" }",
        &[
            "task `play` is a plain command and takes args, not inputs",
            "args = [",
        ],
    );
}

#[test]
fn a_task_that_is_not_declared() {
    check(
        "[[steps]]\ntask = \"prnt\"",
        &[
            "there is no built-in task `prnt`",
            "did you mean `print`?",
            "secret-scan",
        ],
    );
}

#[test]
fn a_job_that_is_not_there() {
    check(
        "[jobs.build]\nsteps = [{ task = \"play\" }]\n\n\
         [jobs.ship]\ndepends-on = [\"biuld\"]\nsteps = [{ task = \"play\" }]",
        &[
            "job `ship` depends on unknown job `biuld`",
            "did you mean `build`?",
        ],
    );
}

#[test]
fn jobs_that_wait_for_each_other() {
    check(
        "[jobs.a]\ndepends-on = [\"b\"]\nsteps = [{ task = \"play\" }]\n\n\
         [jobs.b]\ndepends-on = [\"a\"]\nsteps = [{ task = \"play\" }]",
        &[
            "the pipeline must contain at least one job with no dependencies: `a` → `b` → `a`",
            "remove one",
        ],
    );
}

#[test]
fn a_script() {
    check(
        "[[steps]]\nrun = \"echo hello\"",
        &["`run` is not supported", "a plain WASI command works"],
    );
}
