//! Stages, and the jobs in them.

use crate::{problems, read};
use stepwell_spec::{DEFAULT_STAGE, parse};

const JOB: &str = "[jobs.a]\nstage = \"build\"\nsteps = [{ task = \"x\" }]\n";

#[test]
fn stages_are_read_in_the_order_of_the_file() {
    let pipeline = read(&format!(
        "[stages.build]\ndisplay-name = \"Build it\"\nvariables = {{ a = 1 }}\n\
         [stages.test]\ndepends-on = \"build\"\ncondition = \"failed()\"\n\
         [stages.deploy]\ndepends-on = []\n{JOB}"
    ));
    let [build, test, deploy] = &pipeline.stages[..] else {
        panic!()
    };
    assert_eq!(build.name.value, "build");
    assert_eq!(build.display_name.as_deref(), Some("Build it"));
    assert_eq!(build.depends_on, None);
    assert_eq!(build.condition, stepwell_expr::Expression::default());
    assert_eq!(build.variables[0].name.value, "a");
    assert_eq!(test.depends_on.as_ref().unwrap()[0].value, "build");
    assert_eq!(test.condition.text(), "failed()");
    assert_eq!(deploy.depends_on.as_deref(), Some(&[][..]));
    assert_eq!(pipeline.jobs[0].stage.as_ref().unwrap().value, "build");
}

#[test]
fn without_stages_there_is_one() {
    for text in ["", "[stages]\n"] {
        let pipeline = read(&format!("{text}[[steps]]\ntask = \"x\"\n"));
        assert_eq!(pipeline.stages.len(), 1);
        assert_eq!(pipeline.stages[0].name.value, DEFAULT_STAGE);
        assert_eq!(pipeline.jobs[0].stage, None);
    }
}

#[test]
fn where_stages_are_declared_each_job_names_one() {
    insta::assert_snapshot!(
        problems("[stages.build]\n[stages.test]\n[jobs.a]\nsteps = [{ task = \"x\" }]\n"),
        @r#"
    error[missing-key]: job `a` names no stage
      3:7 "a" `stage` is missing
      help: where stages are declared, each job names its own: `stage = "build"`
    "#
    );
    insta::assert_snapshot!(problems("[stages.build]\n[[steps]]\ntask = \"x\"\n"), @r#"
    error[conflicting-keys]: a pipeline has either stages or steps
      2:3 "steps" steps at the top are in no stage
      1:9 "build" and here is a stage
      help: move the steps into a job of the stage:

        [jobs.NAME]
        stage = "build"

        [[jobs.NAME.steps]]
    "#);
}

#[test]
fn jobs_of_different_stages_may_have_one_name() {
    let jobs = |stage: &str| {
        format!(
            "[stages.build]\n[stages.test]\n{JOB}\
             [jobs.A]\nstage = \"{stage}\"\nsteps = [{{ task = \"x\" }}]\n"
        )
    };
    assert_eq!(read(&jobs("test")).jobs.len(), 2);
    insta::assert_snapshot!(problems(&jobs("BUILD")), @r#"
    error[duplicate-name]: job `A` appears more than once
      6:7 "A" the same name again
      3:7 "a" first here
      help: names that differ only in case are the same name
    "#);
}

#[test]
fn names_of_stages_are_checked() {
    insta::assert_snapshot!(problems(&format!("[stages.build]\n[stages.Build]\n{JOB}")), @r#"
    error[duplicate-name]: stage `Build` appears more than once
      2:9 "Build" the same name again
      1:9 "build" first here
      help: names that differ only in case are the same name
    "#);
    insta::assert_snapshot!(problems(&format!("[stages.build]\n[stages.\"1 a\"]\n{JOB}")), @r#"
    error[invalid-name]: "1 a" cannot name a stage
      2:9 "\"1 a\"" not a name
      help: a name starts with a letter or `_`, goes on with letters, digits, `_` and `-`, and has at most 100 characters
    "#);
    insta::assert_snapshot!(problems(&format!("[stages.build]\n[stages.__default]\n{JOB}")), @r#"
    error[invalid-name]: `__default` cannot name a stage
      2:9 "__default" a reserved word
    "#);
    insta::assert_snapshot!(problems("[jobs.Deployment]\nsteps = [{ task = \"x\" }]\n"), @r#"
    error[invalid-name]: `Deployment` cannot name a job
      1:7 "Deployment" a reserved word
    "#);
}

#[test]
fn other_things_than_stages_are_reported() {
    insta::assert_snapshot!(problems(&format!("stages = 1\n{JOB}")), @r#"
    error[wrong-type]: `stages` must be a table, not an integer
      1:10 "1" this is an integer
    "#);
    insta::assert_snapshot!(
        problems(&format!("[stages]\nbuild = 1\n[stages.b]\npool = 1\ndepends-on = 1\n{JOB}")),
        @r#"
    error[wrong-type]: `build` must be a table, not an integer
      2:9 "1" this is an integer
    error[unknown-key]: unknown key `pool` in a stage
      4:1 "pool" not a key that belongs here
      help: accepted here: display-name, depends-on, condition, variables
    error[wrong-type]: `depends-on` must be a string or an array of strings, not an integer
      5:14 "1" this is an integer
      help: write it in quotes
    "#
    );
}

#[test]
fn too_many_stages_are_refused() {
    let stages = |count| -> String {
        let stages: String = (1..count).map(|n| format!("[stages.s{n}]\n")).collect();
        format!("[stages.build]\n{stages}{JOB}")
    };
    assert_eq!(read(&stages(1_000)).stages.len(), 1_000);
    let (_, diagnostics) = parse(&stages(1_001));
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(
        diagnostics[0].message,
        "the pipeline has 1001 stages, and 1000 is the most"
    );
}
