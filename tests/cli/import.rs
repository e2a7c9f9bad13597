//! `stepwell import`: what becomes of an azure-pipelines.yml.

use crate::empty;
use insta::assert_snapshot;
use std::fs;
use stepwell_testkit::TestEnv;

const YAML: &str = "\
trigger: [main]
variables:
  level: high
jobs:
- job: test
  timeoutInMinutes: 5
  steps:
  - task: secret-scan@1
    displayName: look for secrets
    condition: succeededOrFailed()
";

fn yaml(text: impl AsRef<[u8]>) -> TestEnv {
    let env = empty();
    env.write("azure-pipelines.yml", text);
    env
}

#[test]
fn a_pipeline_is_written_to_standard_output_and_what_is_lost_is_told() {
    let env = yaml(YAML);
    let output = env.stepwell(&["import", "azure-pipelines.yml"]);
    assert_eq!(output.code, 0);
    assert_snapshot!(output.stdout, @r#"
    # Imported from Azure Pipelines. What was not carried over stands in comments, with the reason
    # above and the lines of the source below.

    # `trigger` is not carried over: whoever wants a run starts it with `stepwell run`
    # trigger: [main]

    [variables]
    level = "high"

    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.secret-scan] # secret-scan@1
    # source = "secret-scan.wasm"

    [jobs.test]
    timeout = "5m"

    [[jobs.test.steps]]
    task = "secret-scan"
    display-name = "look for secrets"
    condition = "succeededOrFailed()"
    "#);
    assert_snapshot!(output.stderr, @r"
    azure-pipelines.yml:1:1: `trigger` is not carried over: whoever wants a run starts it with `stepwell run`
    azure-pipelines.yml:8:11: `secret-scan@1` is a program for Azure's agent: a component has to do the same
    2 things were not carried over; the file says where
    ");
    assert_eq!(env.files(), ["azure-pipelines.yml"]);
}

#[test]
fn what_was_imported_can_be_checked() {
    let env = yaml(YAML.replace("trigger: [main]\n", ""));
    let output = env.stepwell(&["import", "azure-pipelines.yml", "--to", "pipeline.toml"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, ""));
    let grant = "\n[tasks.secret-scan]\nallow = { workspace = \"read\" }\n";
    let mut text = fs::read_to_string(env.project().join("pipeline.toml")).unwrap();
    // Which access a task gets is for a person to say.
    text.push_str(grant);
    env.write("pipeline.toml", text);
    let output = env.stepwell(&["check"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    let env = yaml(YAML);
    let path = env.write("pipeline.toml", "mine");
    let arguments = ["import", "azure-pipelines.yml", "--to", "pipeline.toml"];
    let output = env.stepwell(&arguments);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(
        output.stderr.contains("`pipeline.toml` is there already")
            && output.stderr.contains("--force"),
        "{}",
        output.stderr
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let output = env.stepwell(&[&arguments[..], &["--force"]].concat());
    assert_eq!(output.code, 0);
    assert!(fs::read_to_string(&path).unwrap().contains("[jobs.test]"));
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place() {
    let env = yaml("a: [1\nb: }\n");
    let output = env.stepwell(&["import", "azure-pipelines.yml"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert_snapshot!(output.stderr, @r"
    error[import]: this is no YAML: illegal placement of ':' indicator
     --> azure-pipelines.yml:2:2
      |
    2 | b: }
      |  ^
      |
      = help: the file has to be one that Azure Pipelines accepts

    1 error in azure-pipelines.yml
    ");
}

/// Refuses these bytes.
#[track_caller]
fn check(bytes: impl AsRef<[u8]>, told: &str) {
    let env = yaml(bytes);
    let output = env.stepwell(&["import", "azure-pipelines.yml", "--to", "pipeline.toml"]);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (2, ""),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains(told), "{}", output.stderr);
    assert_eq!(env.files(), ["azure-pipelines.yml"]);
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    check("", "azure-pipelines.yml");
    check("- 1\n- 2\n", "azure-pipelines.yml");
    check(b"a: \xff\n", "cannot read `azure-pipelines.yml`");
    check(vec![b'#'; 2 << 20], "it is larger than 1 MiB");
    check("[".repeat(100_000), "azure-pipelines.yml");
    check("a: &a [*a]\n", "azure-pipelines.yml");
}
