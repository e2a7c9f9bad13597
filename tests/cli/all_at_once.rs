//! A pipeline with many problems: one look tells all of them, in the order of the file.

use crate::{assert_refused, empty};
use insta::assert_snapshot;
use stepwell_testkit::TestEnv;

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
max-parallel = 2

[[jobs.build.steps]]
task = "lint"
condition = "succeded()"
timeout = "5 parsecs"
continue-on-error = "maybe"

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
      = help: accepted here: name, run-number, extends, parameters, variables, tasks, stages, jobs, steps, oracles, strategists, notifiers, publishers, bisect, schedule, publish, watch

    error[invalid-value]: the path of a source is relative
     --> pipeline.toml:4:10
      |
    4 | source = "/usr/lib/lint.wasm"
      |          ^^^^^^^^^^^^^^^^^^^^ an absolute path
      |
      = help: give a path relative to the pipeline file, such as `lint.wasm`, or leave `source` out to use the built-in task of that name

    error[invalid-value]: `workspace` cannot be "raed"
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

    error[missing-key]: `max-parallel` needs a matrix
     --> pipeline.toml:9:1
      |
    9 | max-parallel = 2
      | ^^^^^^^^^^^^ how many legs of a matrix run side by side
      |
      = help: add `matrix`, or leave `max-parallel` out

    error[invalid-expression]: the condition is not an expression: Unrecognized function: 'succeded'. Located at position 1 within expression: succeded()
      --> pipeline.toml:13:14
       |
    13 | condition = "succeded()"
       |              ^^^^^^^^ did you mean `succeeded`?

    error[invalid-value]: `timeout` must be a duration
      --> pipeline.toml:14:11
       |
    14 | timeout = "5 parsecs"
       |           ^^^^^^^^^^^ `5` has no unit
       |
       = help: write whole numbers with units, largest first: `30s`, `10m`, `1h30m`, `500ms`

    error[invalid-value]: `continue-on-error` is no boolean: Unexpected value 'maybe'
      --> pipeline.toml:15:21
       |
    15 | continue-on-error = "maybe"
       |                     ^^^^^^^ not a boolean
       |
       = help: accepted here: true, yes, on, false, no, off

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

    error[dependency-cycle]: the pipeline must contain at least one job with no dependencies: `a` → `b` → `a`
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

#[test]
fn problems_of_keys_and_of_the_plan_are_told_at_once() {
    let env = empty();
    env.add_guests(&["task_print"]);
    env.write(
        "pipeline.toml",
        r#"nmae = "release"

[tasks.print]
source = "guests/task_print.wasm"

[tasks.odd]
source = "/odd.wasm"

[jobs.a]
depends-on = ["b", "nope"]
dependson = "b"

[[jobs.a.steps]]
task = "print"
inputs = { text = "x", txet = "y" }

[[jobs.a.steps]]
task = "odd"

[jobs.b]
depends-on = "a"

[[jobs.b.steps]]
task = "secretscan"
inputs = { any = "x" }
"#,
    );
    assert_snapshot!(refused(&env), @r#"
    error[unknown-key]: unknown key `nmae` in a pipeline
     --> pipeline.toml:1:1
      |
    1 | nmae = "release"
      | ^^^^ did you mean `name`?
      |
      = help: accepted here: name, run-number, extends, parameters, variables, tasks, stages, jobs, steps, oracles, strategists, notifiers, publishers, bisect, schedule, publish, watch

    error[invalid-value]: the path of a source is relative
     --> pipeline.toml:7:10
      |
    7 | source = "/odd.wasm"
      |          ^^^^^^^^^^^ an absolute path
      |
      = help: give a path relative to the pipeline file, such as `lint.wasm`, or leave `source` out to use the built-in task of that name

    error[dependency-cycle]: the pipeline must contain at least one job with no dependencies: `a` → `b` → `a`
      --> pipeline.toml:10:15
       |
    10 | depends-on = ["b", "nope"]
       |               ^^^ job `a` waits for job `b`
    ...
    21 | depends-on = "a"
       |              --- job `b` waits for job `a`
       |
       = help: remove one of the dependencies on this path

    error[unknown-job]: job `a` depends on unknown job `nope`
      --> pipeline.toml:10:20
       |
    10 | depends-on = ["b", "nope"]
       |                    ^^^^^^ no such job

    error[unknown-key]: unknown key `dependson` in a job
      --> pipeline.toml:11:1
       |
    11 | dependson = "b"
       | ^^^^^^^^^ did you mean `depends-on`?
       |
       = help: accepted here: stage, display-name, depends-on, condition, continue-on-error, timeout, fuel, cancel-timeout, demands, matrix, parallel, max-parallel, variables, steps

    error[unknown-input]: task `print` has no input `txet`
      --> pipeline.toml:15:24
       |
    15 | inputs = { text = "x", txet = "y" }
       |                        ^^^^ did you mean `text`?
       |
       = help: inputs of the task: text, act

    error[unknown-task]: there is no built-in task `secretscan`
      --> pipeline.toml:24:8
       |
    24 | task = "secretscan"
       |        ^^^^^^^^^^^^ did you mean `secret-scan`?
       |
       = help: built in are: archive, checksum, markdown-links, sbom, secret-scan; name a file with `[tasks.secretscan]` and `source = "./secretscan.wasm"`

    7 errors in pipeline.toml
    "#);
}
