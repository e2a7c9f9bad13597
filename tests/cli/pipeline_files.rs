//! Pipelines that cannot run, and everything else that is wrong before a run begins.

use crate::{assert_refused, empty, project};
use insta::assert_snapshot;
use std::os::unix::fs::symlink;
use stepwell_testkit::TestEnv;

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
            "dependencies of jobs form a cycle: `a` → `b` → `a`",
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

#[track_caller]
fn refused(env: &TestEnv) -> String {
    let output = env.stepwell(&["check"]);
    assert_refused(env, &output, 2, &[]);
    env.redact(&output.stderr)
}

#[test]
fn all_that_is_wrong_with_a_file_is_told_at_once() {
    let env = empty();
    env.write(
        "pipeline.toml",
        r#"nmae = "release"

[tasks.lint]
source = "/usr/lib/lint.wasm"
allow = { workspace = "raed" }
limits = { memory = "lots" }

[jobs.build]
timeout = "1h"

[[jobs.build.steps]]
task = "lint"
condition = "succeded()"
timeout = "5 parsecs"
continue-on-error = "yes"

[[jobs.build.steps]]
run = "make"
"#,
    );
    assert_snapshot!(refused(&env), @r#"
    error[unknown-key]: unknown key `nmae` in a pipeline
     --> pipeline.toml:1:1
      |
    1 | nmae = "release"
      | ^^^^ did you mean `name`?
      |
      = help: accepted here: name, variables, tasks, jobs, steps

    error[invalid-value]: the path of a source is relative
     --> pipeline.toml:4:10
      |
    4 | source = "/usr/lib/lint.wasm"
      |          ^^^^^^^^^^^^^^^^^^^^ an absolute path
      |
      = help: give a path relative to the pipeline file, such as `lint.wasm`, or leave `source` out to use the built-in task of that name

    error[invalid-value]: there is no workspace access "raed"
     --> pipeline.toml:5:23
      |
    5 | allow = { workspace = "raed" }
      |                       ^^^^^^ did you mean `read`?
      |
      = help: accepted here: "none", "read", "write"

    error[invalid-value]: `memory` must be a size
     --> pipeline.toml:6:21
      |
    6 | limits = { memory = "lots" }
      |                     ^^^^^^ `lots` is not a size
      |
      = help: write a whole number with a unit: `64KiB`, `32MiB`, `1GiB`

    error[unknown-key]: unknown key `timeout` in a job
     --> pipeline.toml:9:1
      |
    9 | timeout = "1h"
      | ^^^^^^^
      |
      = help: not supported by this version

    error[invalid-value]: a condition is one of the status functions
      --> pipeline.toml:13:13
       |
    13 | condition = "succeded()"
       |             ^^^^^^^^^^^^ did you mean `succeeded()`?
       |
       = help: accepted here: succeeded(), failed(), always(), succeededOrFailed()

    error[invalid-value]: `timeout` must be a duration
      --> pipeline.toml:14:11
       |
    14 | timeout = "5 parsecs"
       |           ^^^^^^^^^^^ `5` has no unit
       |
       = help: write whole numbers with units, largest first: `30s`, `10m`, `1h30m`, `500ms`

    error[wrong-type]: `continue-on-error` must be `true` or `false`, not a string
      --> pipeline.toml:15:21
       |
    15 | continue-on-error = "yes"
       |                     ^^^^^ this is a string
       |
       = help: write it without quotes

    error[unsupported-key]: `run` is not supported by this version
      --> pipeline.toml:18:1
       |
    18 | run = "make"
       | ^^^ needs the sandboxed shell
       |
       = help: the sandboxed shell comes with a later release
       = help: a plain WASI command works as a task today: declare its `.wasm` file under `[tasks.NAME]` and write `task = "NAME"` with `args`

    9 errors in pipeline.toml
    "#);
}

#[test]
fn all_that_is_wrong_with_a_plan_is_told_at_once() {
    let env = empty();
    env.add_guests(&["task_print"]);
    env.write(
        "pipeline.toml",
        r#"[tasks.print]
source = "guests/task_print.wasm"

[tasks.missing]
source = "missing.wasm"

[tasks.spare]

[jobs.a]
depends-on = ["b", "nope"]

[[jobs.a.steps]]
task = "print"
inputs = { txet = "x", act = "shout" }

[[jobs.a.steps]]
task = "missing"

[jobs.b]
depends-on = "a"

[[jobs.b.steps]]
task = "prnt"

[[jobs.b.steps]]
task = "print"
args = ["x"]
"#,
    );
    assert_snapshot!(refused(&env), @r#"
    error[unknown-task]: there is no file `missing.wasm`
     --> pipeline.toml:5:10
      |
    5 | source = "missing.wasm"
      |          ^^^^^^^^^^^^^^
      |
      = help: it is looked for at `missing.wasm`; build it first?

    warning[unused-task]: task `spare` is never used
     --> pipeline.toml:7:8
      |
    7 | [tasks.spare]
      |        ^^^^^ no step names it

    error[dependency-cycle]: dependencies of jobs form a cycle: `a` → `b` → `a`
      --> pipeline.toml:10:15
       |
    10 | depends-on = ["b", "nope"]
       |               ^^^ job `a` waits for job `b`
    ...
    20 | depends-on = "a"
       |              --- job `b` waits for job `a`
       |
       = help: remove one of the dependencies on this path

    error[unknown-job]: job `a` depends on unknown job `nope`
      --> pipeline.toml:10:20
       |
    10 | depends-on = ["b", "nope"]
       |                    ^^^^^^ no such job

    error[missing-input]: task `print` needs input `text`
      --> pipeline.toml:13:8
       |
    13 | task = "print"
       |        ^^^^^^^ is not given it
       |
       = help: `text` (string): What to print.

    error[unknown-input]: task `print` has no input `txet`
      --> pipeline.toml:14:12
       |
    14 | inputs = { txet = "x", act = "shout" }
       |            ^^^^ did you mean `text`?
       |
       = help: inputs of the task: text, act

    error[invalid-input]: input `act` cannot be "shout"
      --> pipeline.toml:14:30
       |
    14 | inputs = { txet = "x", act = "shout" }
       |                              ^^^^^^^ not an accepted value
       |
       = help: accepted here: print, fail, panic

    error[unknown-task]: there is no built-in task `prnt`
      --> pipeline.toml:23:8
       |
    23 | task = "prnt"
       |        ^^^^^^ did you mean `print`?
       |
       = help: built in are: archive, checksum, markdown-links, sbom, secret-scan; name a file with `[tasks.prnt]` and `source = "./prnt.wasm"`

    error[wrong-arguments]: task `print` takes inputs, not args
      --> pipeline.toml:27:1
       |
    27 | args = ["x"]
       | ^^^^ args are for plain commands
       |
       = help: inputs of the task: text, act

    8 errors, 1 warning in pipeline.toml
    "#);
}
