//! Plans, as text and as JSON.

use insta::assert_snapshot;
use std::num::NonZeroU32;
use std::time::Duration;
use stepwell_event::{Access, Digest, Limits, RunEvent, StepResult};
use stepwell_expr::{Expression, Names};
use stepwell_plan::{
    Ceilings, Commands, Grant, Invocation, Plan, PlannedJob, PlannedLeg, PlannedStage, PlannedStep,
    PlannedStrategy, PlannedTask, PlannedVariable, RunNumberFormat, VariableValue,
};
use stepwell_report::{Fate, Forecast, plan, plan_json};

fn expression(text: &str) -> Expression {
    Expression::parse(text, &Names::STEP_CONDITION).unwrap()
}

fn variable(name: &str, value: &str, secret: bool) -> PlannedVariable {
    PlannedVariable {
        name: name.into(),
        value: match value.strip_prefix("$[") {
            Some(text) => VariableValue::Expression(expression(text.trim_end_matches(']'))),
            None => VariableValue::Text(value.into()),
        },
        read_only: value.starts_with("$["),
        secret,
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(pair).collect()
}

pub(crate) fn step(label: &str, task: usize, invocation: Invocation) -> PlannedStep {
    PlannedStep {
        name: None,
        label: label.into(),
        task,
        commands: match invocation {
            Invocation::Task { .. } => Commands::None,
            Invocation::Command { .. } => Commands::Restricted,
        },
        invocation,
        env: Vec::new(),
        condition: Expression::default(),
        timeout: None,
        fuel: None,
        continue_on_error: false,
        retries: 0,
        settable_variables: None,
    }
}

fn inputs(given: &[(&str, &str)]) -> Invocation {
    Invocation::Task {
        inputs: pairs(given),
    }
}

pub(crate) fn args(args: &[&str]) -> Invocation {
    Invocation::Command {
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
    }
}

pub(crate) fn job(name: &str, stage: usize, steps: Vec<PlannedStep>) -> PlannedJob {
    let prefix = match stage {
        0 => "",
        1 => "verify.",
        _ => "ship.",
    };
    PlannedJob {
        name: name.into(),
        id: format!("{prefix}{name}").into(),
        label: name.into(),
        stage: stage.saturating_sub(1),
        depends_on: Vec::new(),
        condition: Expression::default(),
        continue_on_error: false,
        timeout: Some(Duration::from_secs(3600)),
        fuel: None,
        cancel_timeout: Duration::from_secs(300),
        unmet_demand: None,
        strategy: PlannedStrategy::Single,
        variables: Vec::new(),
        steps,
    }
}

pub(crate) fn stage(name: &str, label: &str, jobs: Vec<usize>) -> PlannedStage {
    PlannedStage {
        name: name.into(),
        label: label.into(),
        depends_on: Vec::new(),
        condition: Expression::default(),
        variables: Vec::new(),
        jobs,
    }
}

pub(crate) fn task(name: &str, workspace: Access) -> PlannedTask {
    PlannedTask {
        name: name.into(),
        digest: Digest::from_sha256([0xa7; 32]),
        grant: Grant {
            workspace,
            limits: Limits {
                memory: 256 << 20,
                output: 64 << 20,
                ..Limits::default()
            },
            ..Grant::default()
        },
    }
}

fn licenses() -> PlannedJob {
    let scan = PlannedStep {
        name: Some("scan".into()),
        env: pairs(&[("LOG", "$(Greeting)")]),
        condition: expression("succeededOrFailed()"),
        timeout: Some(Duration::from_secs(90)),
        continue_on_error: true,
        retries: 3,
        commands: Commands::Any,
        settable_variables: Some(vec!["scan.*".into(), "seen".into()]),
        ..step(
            "Scan the \u{1b}[2Jtree",
            0,
            inputs(&[("path", "src"), ("rules", "a\nb"), ("empty", "")]),
        )
    };
    PlannedJob {
        label: "Check licenses".into(),
        timeout: None,
        continue_on_error: true,
        cancel_timeout: Duration::from_secs(30),
        variables: vec![variable("seen", "no", false)],
        ..job(
            "licenses",
            1,
            vec![scan, step("shell", 1, args(&["-c", "echo 'it'", "x"]))],
        )
    }
}

fn large() -> Plan {
    let leg = |name: &str, flavor: &str| PlannedLeg {
        name: name.into(),
        variables: pairs(&[("flavor", flavor)]),
    };
    let package = PlannedJob {
        depends_on: vec![0],
        strategy: PlannedStrategy::Matrix {
            legs: vec![leg("debug", "plain"), leg("release", "fast")],
            max_parallel: NonZeroU32::new(1),
        },
        ..job("package", 1, vec![step("zip", 0, inputs(&[]))])
    };
    let script = "set -e\n".to_owned() + &"echo line\n".repeat(15);
    let slices = PlannedJob {
        strategy: PlannedStrategy::Slices(NonZeroU32::new(3).unwrap()),
        unmet_demand: Some("gpu -equals yes".into()),
        ..job("test", 1, vec![step("run", 1, args(&["-c", &script]))])
    };
    let computed = PlannedJob {
        condition: expression("always()"),
        strategy: PlannedStrategy::ComputedMatrix {
            legs: expression("variables.legs"),
            max_parallel: None,
        },
        ..job("deploy", 2, vec![])
    };
    let ship = PlannedStage {
        depends_on: vec![0],
        condition: expression("failed()"),
        variables: vec![variable("Region", "eu", false)],
        ..stage("ship", "ship", vec![3])
    };
    Plan {
        name: "release-check".into(),
        run_number: RunNumberFormat::default(),
        variables: vec![
            variable("Greeting", "hello", false),
            variable("Token", "hunter2", true),
            variable("Version", "$[1]", false),
        ],
        tasks: vec![
            task("license-check", Access::Read),
            task("shell", Access::None),
        ],
        stages: vec![stage("verify", "Verify everything", vec![0, 1, 2]), ship],
        jobs: vec![licenses(), package, slices, computed],
        ceilings: Ceilings::default(),
    }
}

fn forecast() -> Forecast {
    let ended = |job: &str, result, reason: &str| RunEvent::JobFinished {
        job: job.into(),
        result,
        reason: (!reason.is_empty()).then(|| reason.into()),
    };
    let demand = "no agent meets the demand `gpu -equals yes`";
    let why = "condition `failed()` of the stage is false: no stage before it failed";
    Forecast::from_events(&[
        ended("verify.licenses", StepResult::Succeeded, ""),
        ended("verify.package.debug", StepResult::Succeeded, ""),
        ended("verify.package.release", StepResult::Skipped, "not wanted"),
        ended("verify.test.Job1", StepResult::Failed, demand),
        ended("verify.test.Job2", StepResult::Failed, demand),
        ended("verify.test.Job3", StepResult::Failed, demand),
        ended("ship.deploy", StepResult::Skipped, why),
        RunEvent::StageFinished {
            stage: "ship".into(),
            result: StepResult::Skipped,
            reason: Some(why.into()),
        },
    ])
}

#[test]
fn a_plan_is_a_tree() {
    let shown = plan(&large(), &forecast(), false);
    assert_snapshot!(shown, @r"
    release-check: 2 stages, 4 jobs, 4 steps

    Variables
      Greeting = hello
      Token = ***  (secret)
      Version = $[ 1 ]  (read-only)

    Tasks
      license-check  a7a7a7a7a7a7  workspace: read, memory: 256 MiB, output: 64 MiB
      shell          a7a7a7a7a7a7  workspace: none, memory: 256 MiB, output: 64 MiB

    stage verify (Verify everything)
    ├─ job licenses (Check licenses)
    │  │  no timeout, cancel timeout 30 s, continues on error
    │  │  seen = no
    │  ├─ 1. Scan the ␛[2Jtree  scan  license-check
    │  │     path = src
    │  │     rules =
    │  │       | a
    │  │       | b
    │  │     empty =
    │  │     env LOG = $(Greeting)
    │  │     if succeededOrFailed()
    │  │     timeout 1 min 30 s, 3 retries, continues on error, logging commands: any, sets only scan.*, seen
    │  └─ 2. shell
    │        args -c 'echo '\''it'\''' x
    ├─ job package
    │  │  after licenses
    │  │  2 legs, 1 side by side at most
    │  │    debug: flavor = plain
    │  │    release: flavor = fast  – skipped: not wanted
    │  └─ 1. zip  license-check
    └─ job test
       │  ✗ fails: no agent meets the demand `gpu -equals yes`
       │  3 slices
       └─ 1. run  shell
             argument 1 = -c
             argument 2 =
               | set -e
               | echo line
               | echo line
               | echo line
               | echo line
               | echo line
               | echo line
               | echo line
               | echo line
               | echo line
               | echo line
               | echo line
               … and 4 more lines

    stage ship
    │  – skipped: condition `failed()` of the stage is false: no stage before it failed
    │  after verify
    │  if failed()
    │  Region = eu
    └─ job deploy
          if always()
          legs = $[ variables.legs ]
    ");
    let colored = plan(&large(), &forecast(), true);
    assert_ne!(colored, shown);
    assert_eq!(console::strip_ansi_codes(&colored), shown);
}

pub(crate) fn small() -> Plan {
    Plan {
        name: "demo".into(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![task("lint", Access::None)],
        stages: vec![stage("__default", "", vec![0, 1])],
        jobs: vec![
            job("a", 0, vec![step("lint", 0, inputs(&[("path", ".")]))]),
            PlannedJob {
                depends_on: vec![0],
                ..job("b", 0, vec![step("lint", 0, inputs(&[]))])
            },
        ],
        ceilings: Ceilings::default(),
    }
}

#[test]
fn a_plan_without_stages_begins_with_its_jobs() {
    assert_snapshot!(plan(&small(), &Forecast::default(), false), @r"
    demo: 2 jobs, 2 steps

    Tasks
      lint  a7a7a7a7a7a7  workspace: none, memory: 256 MiB, output: 64 MiB

    job a
    └─ 1. lint
          path = .

    job b
    │  after a
    └─ 1. lint
    ");
}

#[test]
fn a_plan_is_one_line_of_json() {
    let mut forecast = Forecast::default();
    let skipped = Fate::Skipped("not wanted".into());
    forecast.jobs.insert("b".into(), skipped);
    let line = plan_json(&small(), &forecast).unwrap();
    assert_eq!(line.matches('\n').count(), 1);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
    {
      "name": "demo",
      "stages": [
        {
          "condition": "succeeded()",
          "depends-on": [],
          "forecast": "runs",
          "jobs": [
            {
              "cancel-timeout-ms": 300000,
              "condition": "succeeded()",
              "continue-on-error": false,
              "depends-on": [],
              "forecast": "runs",
              "fuel": null,
              "id": "a",
              "label": "a",
              "legs": [],
              "legs-expression": null,
              "max-parallel": null,
              "name": "a",
              "slices": null,
              "steps": [
                {
                  "args": null,
                  "commands": "none",
                  "condition": "succeeded()",
                  "continue-on-error": false,
                  "env": {},
                  "fuel": null,
                  "inputs": {
                    "path": "."
                  },
                  "label": "lint",
                  "name": null,
                  "retries": 0,
                  "settable-variables": null,
                  "task": "lint",
                  "timeout-ms": null
                }
              ],
              "timeout-ms": 3600000,
              "unmet-demand": null,
              "variables": []
            },
            {
              "cancel-timeout-ms": 300000,
              "condition": "succeeded()",
              "continue-on-error": false,
              "depends-on": [
                "a"
              ],
              "forecast": "skipped",
              "fuel": null,
              "id": "b",
              "label": "b",
              "legs": [],
              "legs-expression": null,
              "max-parallel": null,
              "name": "b",
              "reason": "not wanted",
              "slices": null,
              "steps": [
                {
                  "args": null,
                  "commands": "none",
                  "condition": "succeeded()",
                  "continue-on-error": false,
                  "env": {},
                  "fuel": null,
                  "inputs": {},
                  "label": "lint",
                  "name": null,
                  "retries": 0,
                  "settable-variables": null,
                  "task": "lint",
                  "timeout-ms": null
                }
              ],
              "timeout-ms": 3600000,
              "unmet-demand": null,
              "variables": []
            }
          ],
          "label": "",
          "name": "__default",
          "variables": []
        }
      ],
      "tasks": [
        {
          "clock": "real",
          "digest": "sha256:a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7",
          "env": null,
          "folders": {},
          "fuel": null,
          "hosts": [],
          "memory": 268435456,
          "name": "lint",
          "output": 67108864,
          "random": "real",
          "scratch": null,
          "secrets": [],
          "workspace": "none"
        }
      ],
      "type": "plan",
      "v": 1,
      "variables": []
    }
    "#);
}

#[test]
fn the_value_of_a_secret_is_in_no_form_of_a_plan() {
    let line = plan_json(&large(), &forecast()).unwrap();
    assert!(line.contains(r#""value":"***","secret":true"#), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
    assert!(!plan(&large(), &forecast(), false).contains("hunter2"));
}
