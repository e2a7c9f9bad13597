//! `stepwell plan`: what would run, without running it.

use crate::{assert_refused, project};
use insta::assert_snapshot;
use serde_json::{Value, json};

const STAGES: &str = r#"
[parameters.level]
values = ["low", "high"]
default = "low"

[variables]
Out = "target"
Count = "$[ counter('builds', 3) ]"

[stages.build]
display-name = "Build it"

[stages.ship]
condition = "eq('${{ parameters.level }}', 'high')"

[jobs.compile]
stage = "build"
matrix = { debug = { flavor = "debug" }, release = { flavor = "release" } }
max-parallel = 1

[[jobs.compile.steps]]
name = "cc"
display-name = "compile it"
task = "play"
args = ["say:$(flavor)", "say:two words"]
env = { OUT = "$(Out)" }
timeout = "1m"
retries = 2
continue-on-error = true

[jobs.odd]
stage = "build"
condition = "eq(variables['Out'], 'elsewhere')"
steps = [{ task = "play" }]

[jobs.picky]
stage = "build"
demands = "gpu"
steps = [{ task = "play" }]

[jobs.upload]
stage = "ship"
steps = [{ task = "play", commands = "any" }]
"#;

#[test]
fn people_see_stages_jobs_and_steps_and_what_would_be_skipped() {
    let env = project(STAGES);
    let before = env.files();
    let output = env.stepwell(&["plan"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let digest = digest(&env);
    assert_snapshot!(output.stdout.replace(&digest[..12], "[DIGEST]"), @r"
    test: 2 stages, 4 jobs, 4 steps

    Variables
      Out = target
      Count = $[ counter('builds', 3) ]

    Tasks
      play  [DIGEST]  workspace: write, memory: 256 MiB, output: 64 MiB

    stage build (Build it)
    │  ✗ fails
    ├─ job compile
    │  │  2 legs, 1 side by side at most
    │  │    debug: flavor = debug
    │  │    release: flavor = release
    │  └─ 1. compile it  cc  play
    │        args say:$(flavor) 'say:two words'
    │        env OUT = $(Out)
    │        timeout 1 min, 2 retries, continues on error
    ├─ job odd
    │  │  – skipped: condition `eq(variables['Out'], 'elsewhere')` of the job is false
    │  │  if eq(variables['Out'], 'elsewhere')
    │  └─ 1. play
    └─ job picky
       │  ✗ fails: no agent meets the demand `gpu`
       └─ 1. play

    stage ship
    │  – skipped: condition `eq('low', 'high')` of the stage is false
    │  after build
    │  if eq('low', 'high')
    └─ job upload
       └─ 1. play
             logging commands: any
    ");
    assert_eq!(env.files(), before);
}

/// The digest of `play`, in hexadecimal digits.
fn digest(env: &stepwell_testkit::TestEnv) -> String {
    let tasks = &plan(env, &[])["tasks"];
    let digest = tasks[0]["digest"].as_str().unwrap();
    digest.strip_prefix("sha256:").unwrap().to_owned()
}

#[track_caller]
fn plan(env: &stepwell_testkit::TestEnv, more: &[&str]) -> Value {
    let output = env.stepwell(&[&["plan", "--output", "json"], more].concat());
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn a_program_reads_the_same_as_json() {
    let env = project(STAGES);
    let plan = plan(&env, &[]);
    assert_eq!((&plan["type"], &plan["v"]), (&json!("plan"), &json!(1)));
    let build = &plan["stages"][0];
    assert_eq!(build["forecast"], "fails");
    let compile = &build["jobs"][0];
    assert_eq!(compile["legs"][1]["id"], "build.compile.release");
    assert_eq!(
        compile["legs"][1]["variables"],
        json!({ "flavor": "release" })
    );
    assert_eq!(
        compile["steps"][0]["args"],
        json!(["say:$(flavor)", "say:two words"])
    );
    assert_eq!(compile["steps"][0]["timeout-ms"], 60_000);
    let odd = &build["jobs"][1];
    assert_eq!(odd["forecast"], "skipped");
    let reason = "condition `eq(variables['Out'], 'elsewhere')` of the job is false";
    assert_eq!(odd["reason"], reason);
    assert_eq!(build["jobs"][2]["unmet-demand"], "gpu");
    assert_eq!(plan["stages"][1]["forecast"], "skipped");
}

#[test]
fn parameters_and_variables_change_what_would_run() {
    let env = project(STAGES);
    let plan = plan(&env, &["--param", "level=high", "--var", "Out=elsewhere"]);
    assert_eq!(plan["stages"][0]["jobs"][1]["forecast"], "runs");
    // It has a condition of its own, so that it does not matter that a job before it fails.
    assert_eq!(plan["stages"][1]["condition"], "eq('high', 'high')");
    assert_eq!(plan["stages"][1]["forecast"], "runs");
}

#[test]
fn a_secret_is_not_shown() {
    let env = project("[[steps]]\ntask = \"play\"\nargs = [\"say:$(TOKEN)\"]");
    for format in ["human", "json"] {
        let output = env
            .command(&["plan", "--secret", "TOKEN", "--output", format])
            .env("TOKEN", "hunter22")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("TOKEN"), "{said}");
        assert!(!said.contains("hunter22"), "{said}");
    }
}

#[test]
fn what_cannot_run_is_refused_as_run_refuses_it() {
    let env = project("[[steps]]\ntask = \"nope\"");
    let (plan, run) = (env.stepwell(&["plan"]), env.stepwell(&["run"]));
    assert_refused(&env, &plan, 2, &["there is no built-in task `nope`"]);
    assert_eq!(plan.stderr, run.stderr);
}

#[test]
fn a_variable_without_a_value_is_told() {
    let env = project("[variables]\nA = \"$[ gt(1, 'many') ]\"\n\n[[steps]]\ntask = \"play\"");
    let output = env.stepwell(&["plan"]);
    assert_refused(
        &env,
        &output,
        2,
        &["error[no-value]", "cannot convert String to Number"],
    );
}
