//! The user's configuration file.

use crate::{project, step};
use insta::assert_snapshot;
use stepwell_testkit::{Output, TestEnv};

/// A run under a configuration.
fn run(env: &TestEnv, configuration: &str) -> std::process::Output {
    env.write("config.toml", configuration);
    env.command(&["run"])
        .env("STEPWELL_CONFIG", env.project().join("config.toml"))
        .output()
        .unwrap()
}

fn demanding(demands: &str) -> TestEnv {
    let steps = "[[jobs.main.steps]]\ntask = \"play\"\nargs = [\"say:on $(Agent.Name)\"]";
    project(&format!("[jobs.main]\ndemands = {demands}\n\n{steps}\n"))
}

#[test]
fn a_demand_is_met_by_a_capability_of_the_configuration() {
    let env = demanding(r#"["gpu -equals A100", "tape", "Agent.Name -equals forge"]"#);
    let configuration = "[agent]\nname = \"forge\"\n\n\
        [agent.capabilities]\nGPU = \"a100\"\ntape = \"\"\n";
    let output = run(&env, configuration);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("| on forge\n"), "{said}");
}

#[test]
fn a_demand_that_nobody_meets_fails_its_job() {
    let env = demanding(r#""gpu -equals H100""#);
    let output = run(&env, "[agent.capabilities]\ngpu = \"A100\"\n");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("main > failed: no agent meets the demand `gpu -equals H100`\n"),
        "{said}"
    );
}

#[test]
fn without_a_configuration_the_agent_is_local() {
    let env = demanding("[]");
    let output = env.stepwell(&["run"]);
    assert!(output.stdout.contains("| on local\n"), "{}", output.stdout);
    let missing = env
        .command(&["run"])
        .env("STEPWELL_CONFIG", env.project().join("nope.toml"))
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(0));
}

#[test]
fn the_configuration_is_in_the_users_folder_by_default() {
    let env = demanding(r#""gpu""#);
    env.write(
        "home/stepwell/config.toml",
        "[agent.capabilities]\ngpu = \"1\"\n",
    );
    let output = env
        .command(&["run"])
        .env("XDG_CONFIG_HOME", env.project().join("home"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[track_caller]
fn refused(configuration: &str) -> String {
    let env = project(&step("", &["say:hello"]));
    let output = run(&env, configuration);
    let output = Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        peak_memory: 0,
    };
    crate::assert_refused(&env, &output, 2, &[]);
    env.redact(&output.stderr)
}

#[test]
fn a_mistake_in_the_configuration_is_told_with_its_place() {
    assert_snapshot!(refused("[agent.capabilites]\ngpu = \"1\"\n"), @r#"
    error[unknown-key]: unknown key `capabilites` in the agent
     --> [PROJECT]/config.toml:1:8
      |
    1 | [agent.capabilites]
      |        ^^^^^^^^^^^ did you mean `capabilities`?
      |
      = help: accepted here: name, capabilities

    1 error in [PROJECT]/config.toml
    "#);
    assert_snapshot!(refused("[agent]\ncapabilities = { gpu = 1 }\n"), @r#"
    error[wrong-type]: `gpu` must be a string, not an integer
     --> [PROJECT]/config.toml:2:24
      |
    2 | capabilities = { gpu = 1 }
      |                        ^ this is an integer
      |
      = help: write it in quotes

    1 error in [PROJECT]/config.toml
    "#);
    assert_snapshot!(refused("[agent\n"), @r#"
    error[syntax]: unclosed table, expected `]`
     --> [PROJECT]/config.toml:1:7
      |
    1 | [agent
      |       ^

    1 error in [PROJECT]/config.toml
    "#);
}

#[test]
fn all_mistakes_of_limits_are_told_at_once() {
    let said = refused("[limits]\nmemmory = \"1GiB\"\nfiles = \"20x\"\nmemory = \"8GiB\"\n");
    for words in [
        "unknown key `memmory` in the limits of a host",
        "did you mean `memory`?",
        "`files` must be a number",
        "`memory` must be from 64KiB to 2GiB",
        "3 errors in [PROJECT]/config.toml",
    ] {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }
}

#[test]
fn a_pipeline_cannot_have_more_than_its_host_allows() {
    let env = project("[[steps]]\ntask = \"play\"\nargs = [\"say:hello\"]\ntimeout = \"3h\"\n");
    let output = run(&env, "[limits]\ntimeout = \"2h\"\n");
    let said = env.redact(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(3), "{said}");
    for words in [
        "step `play` asks for `timeout` of 3h, and this host allows 2h",
        "--> pipeline.toml:",
        "raise the ceiling `timeout` in `[PROJECT]/config.toml`",
    ] {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }
    let enough = run(&env, "[limits]\ntimeout = \"3h\"\n");
    assert_eq!(enough.status.code(), Some(0));
}

#[test]
fn a_host_without_a_network_refuses_pipelines_that_want_one() {
    let env = project(&step("", &["say:hello"]));
    let text = std::fs::read_to_string(env.project().join("pipeline.toml")).unwrap();
    let text = text.replace(
        "workspace = \"write\"",
        "workspace = \"write\", hosts = [\"example.com\"]",
    );
    env.write("pipeline.toml", text);
    let output = run(&env, "[network]\nhosts = false\n");
    let said = env.redact(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(3), "{said}");
    let words = "asks for `allow.hosts`, which this host does not allow";
    assert!(said.contains(words), "{said}");
}
