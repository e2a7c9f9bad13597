//! Jobs, stages and the shapes of a file.

use crate::{body, import, notes};
use insta::assert_snapshot;

#[test]
fn steps_alone_are_steps() {
    assert_snapshot!(body("steps:\n- task: A@1\n  timeoutInMinutes: 0\n"), @r#"
    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.A] # A@1
    # source = "A.wasm"

    [[steps]]
    task = "A"
    # `timeoutInMinutes` is not carried over: 0 is what holds without it
    # timeoutInMinutes: 0
    "#);
}

#[test]
fn jobs_without_a_name_are_counted() {
    assert_snapshot!(body("
jobs:
- job:
  steps: [{ task: A@1 }]
- job: named
  steps: [{ task: A@1 }]
- steps: [{ task: A@1 }]
"), @r#"
    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.A] # A@1
    # source = "A.wasm"

    [[jobs.Job1.steps]]
    task = "A"

    [[jobs.named.steps]]
    task = "A"

    [[jobs.Job2.steps]]
    task = "A"
    "#);
}

#[test]
fn jobs_of_one_name_have_that_of_their_stage() {
    let import = import(
        "
stages:
- stage: One
  jobs:
  - job: build
    steps: [{ task: A@1 }]
- stage: Two
  dependsOn: []
  jobs:
  - job: build
    steps: [{ task: A@1 }]
  - job: test
    dependsOn: build
    steps: [{ task: A@1 }]
",
    );
    assert_snapshot!(format!("{}\n{}", import.toml, notes(&import)), @r#"
    # Imported from Azure Pipelines. What was not carried over stands in comments, with the reason
    # above and the lines of the source below.

    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.A] # A@1
    # source = "A.wasm"

    [stages.One]

    [stages.Two]
    depends-on = []

    # `build` is `One_build` here, since jobs of all stages stand side by side: expressions have to follow
    [jobs.One_build]
    stage = "One"

    [[jobs.One_build.steps]]
    task = "A"

    # `build` is `Two_build` here, since jobs of all stages stand side by side: expressions have to follow
    [jobs.Two_build]
    stage = "Two"

    [[jobs.Two_build.steps]]
    task = "A"

    [jobs.test]
    stage = "Two"
    depends-on = "Two_build"

    [[jobs.test.steps]]
    task = "A"

    5:5: `build` is `One_build` here, since jobs of all stages stand side by side: expressions have to follow
    6:21: `A@1` is a program for Azure's agent: a component has to do the same
    10:5: `build` is `Two_build` here, since jobs of all stages stand side by side: expressions have to follow
    "#);
}

#[test]
fn a_dependency_may_be_one_several_or_none() {
    assert_snapshot!(body("
jobs:
- job: a
  dependsOn: []
  steps: [{ task: A@1 }]
- job: b
  dependsOn: a
  steps: [{ task: A@1 }]
- job: c
  dependsOn:
  - a
  - ${{ if x }}:
    - b
  steps: [{ task: A@1 }]
"), @r#"
    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.A] # A@1
    # source = "A.wasm"

    [jobs.a]
    depends-on = []

    [[jobs.a.steps]]
    task = "A"

    [jobs.b]
    depends-on = "a"

    [[jobs.b.steps]]
    task = "A"

    [jobs.c]
    depends-on = ["a", { if = "x", value = "b" }]

    [[jobs.c.steps]]
    task = "A"
    "#);
}

#[test]
fn durations_are_whole_hours_or_minutes() {
    let toml = body(
        "
jobs:
- job: a
  timeoutInMinutes: 120
  cancelTimeoutInMinutes: ${{ parameters.grace }}
  steps: [{ task: A@1, timeoutInMinutes: 7 }, { task: B@1, timeoutInMinutes: $(x) }]
",
    );
    for line in [
        "timeout = \"2h\"",
        "cancel-timeout = \"${{ parameters.grace }}m\"",
        "timeout = \"7m\"",
        "# timeoutInMinutes: $(x)",
    ] {
        assert!(toml.lines().any(|l| l == line), "{line}\n{toml}");
    }
}

#[test]
fn a_template_of_steps_is_imported_by_itself() {
    assert_snapshot!(body("
parameters:
  name: ''
  steps: []
  options: { a: 1 }
steps:
- ${{ parameters.steps }}
- template: other.yml
- template: other.yml
  parameters: { x: 3.10, y: 3, z: 'true', w: true }
"), @r#"
    [parameters]
    name = ""

    # `steps` has no type in the source: see if this one fits
    [parameters.steps]
    type = "stepList"
    default = []

    # `options` has no type in the source: see if this one fits
    [parameters.options]
    type = "object"
    default = { a = 1 }

    [[steps]]
    insert = "parameters.steps"

    [[steps]]
    # `other.yml` has to be imported as well
    template = "other.toml"

    [[steps]]
    template = "other.toml"
    parameters = { x = "3.10", y = 3, z = "true", w = true }
    "#);
}
