//! Template directives, in lists and in tables.

use crate::body;
use insta::assert_snapshot;

#[test]
fn a_directive_over_one_step_stands_at_the_step() {
    assert_snapshot!(body("
steps:
- ${{ if eq(parameters.os, 'linux') }}:
  - task: A@1
- ${{ elseif eq(parameters.os, 'mac') }}:
  - task: B@1
- ${{ else }}:
  - task: C@1
"), @r#"
    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.A] # A@1
    # source = "A.wasm"
    # [tasks.B] # B@1
    # source = "B.wasm"
    # [tasks.C] # C@1
    # source = "C.wasm"

    [[steps]]
    if = "eq(parameters.os, 'linux')"
    task = "A"

    [[steps]]
    elseif = "eq(parameters.os, 'mac')"
    task = "B"

    [[steps]]
    else = true
    task = "C"
    "#);
}

#[test]
fn a_directive_over_several_steps_is_a_group() {
    assert_snapshot!(body("
steps:
- ${{ each x in parameters.list }}:
  - ${{ if x.first }}:
    - task: A@1
    - task: B@1
  - task: C@1
- ${{ if x }}:
- ${{ insert }}: ${{ parameters.none }}
"), @r#"
    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.A] # A@1
    # source = "A.wasm"
    # [tasks.B] # B@1
    # source = "B.wasm"
    # [tasks.C] # C@1
    # source = "C.wasm"

    [[steps]]
    each = "x in parameters.list"

    [[steps.steps]]
    if = "x.first"

    [[steps.steps.steps]]
    task = "A"

    [[steps.steps.steps]]
    task = "B"

    [[steps.steps]]
    task = "C"

    [[steps]]
    if = "x"
    steps = []

    # not carried over: this is no step
    # ${{ insert }}: ${{ parameters.none }}
    "#);
}

#[test]
fn branches_of_one_entry_stay_a_chain() {
    assert_snapshot!(body("
variables:
  ${{ if a }}:
    X: 1
  ${{ else }}:
    X: 2
"), @r#"
    [variables]
    X = { if = "a", value = "1" }
    "X${{ '' }}" = { else = true, value = "2" }
    "#);
}

#[test]
fn branches_of_several_entries_have_whole_conditions() {
    assert_snapshot!(body("
variables:
- ${{ if a }}:
  - name: X
    value: 1
  - name: Y
    value: 2
- ${{ elseif b }}:
  - name: X
    value: 3
- ${{ else }}:
  - ${{ each v in parameters.more }}:
    - ${{ if v.on }}:
      - name: ${{ v.name }}
        value: ${{ v.value }}
"), @r#"
    [variables]
    X = { if = "a", value = "1" }
    Y = { if = "a", value = "2" }
    "X${{ '' }}" = { if = "and(not(a), b)", value = "3" }
    "${{ v.name }}" = { each = "v in parameters.more", if = "and(not(or(a, b)), v.on)", value = "${{ v.value }}" }
    "#);
}

#[test]
fn loops_in_one_another_are_left_in_a_table() {
    assert_snapshot!(body("
variables:
  ${{ each a in parameters.as }}:
    ${{ each b in a.bs }}:
      ${{ b.key }}: ${{ b.value }}
"), @r#"
    [variables]
    # not carried over: an entry cannot say when it is there; move it into a variables template
    # ${{ each a in parameters.as }}:
    # ${{ each b in a.bs }}:
    # ${{ b.key }}: ${{ b.value }}
    "#);
}

#[test]
fn stages_and_their_jobs_have_the_same_directive() {
    assert_snapshot!(body("
stages:
- ${{ each env in parameters.environments }}:
  - stage: deploy_${{ env }}
    jobs:
    - job: plan
      steps: [{ task: Plan@1 }]
    - job: apply
      dependsOn: plan
      steps: [{ task: Apply@1 }]
- ${{ parameters.more }}
- template: stages/last.yml
"), @r#"
    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.Apply] # Apply@1
    # source = "Apply.wasm"
    # [tasks.Plan] # Plan@1
    # source = "Plan.wasm"

    [stages.group]
    each = "env in parameters.environments"

    [stages.group.stages."deploy_${{ env }}"]

    # stages of a parameter bring no jobs: hand over a template, or the jobs beside them
    [stages.inserted]
    insert = "parameters.more"

    [stages.last]
    # `stages/last.yml` has to be imported as well
    template = "stages/last.toml"

    [jobs.group]
    each = "env in parameters.environments"

    # `plan` is `deploy_${{ env }}_plan` here, since jobs of all stages stand side by side: expressions have to follow
    [jobs.group.jobs."deploy_${{ env }}_plan"]
    stage = "deploy_${{ env }}"

    [[jobs.group.jobs."deploy_${{ env }}_plan".steps]]
    task = "Plan"

    # `apply` is `deploy_${{ env }}_apply` here, since jobs of all stages stand side by side: expressions have to follow
    [jobs.group.jobs."deploy_${{ env }}_apply"]
    stage = "deploy_${{ env }}"
    depends-on = "deploy_${{ env }}_plan"

    [[jobs.group.jobs."deploy_${{ env }}_apply".steps]]
    task = "Apply"
    "#);
}

#[test]
fn conditional_keys_of_a_step_are_left() {
    assert_snapshot!(body("
steps:
- task: A@1
  ${{ if parameters.slow }}:
    timeoutInMinutes: 90
  ${{ else }}:
    timeoutInMinutes: 10
"), @r#"
    # These tasks are programs for Azure's agent. Each needs a component that does the same: complete
    # its lines, or take them away where a built-in task has the name.
    # [tasks.A] # A@1
    # source = "A.wasm"

    [[steps]]
    task = "A"
    # `${{ if parameters.slow }}` is not carried over: keys of a step have no directives; make it two steps, each with a directive
    # ${{ if parameters.slow }}:
    #   timeoutInMinutes: 90
    # `${{ else }}` is not carried over: keys of a step have no directives; make it two steps, each with a directive
    # ${{ else }}:
    #   timeoutInMinutes: 10
    "#);
}
