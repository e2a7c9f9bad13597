//! Stages, and how stages and jobs are called.

use crate::{command, planned, refused};
use stepwell_plan::DEFAULT_STAGE;

const TEXT: &str = r#"
[stages.Verify]
display-name = "Verify it"
variables = { a = "1" }
[stages.ship]
condition = "always()"
[jobs.build]
stage = "verify"
display-name = "Build it"
[[jobs.build.steps]]
task = "x"
[jobs.upload]
stage = "ship"
[[jobs.upload.steps]]
task = "x"
[jobs.check]
stage = "Verify"
depends-on = "build"
variables = { b = { value = "2", readonly = true } }
[[jobs.check.steps]]
task = "x"
"#;

fn job(name: &str, lines: &str) -> String {
    format!("[jobs.{name}]\n{lines}\n[[jobs.{name}.steps]]\ntask = \"x\"\n")
}

#[test]
fn stages_hold_their_jobs_by_position() {
    let plan = planned(TEXT, &[command("x")]);
    let [verify, ship] = &plan.stages[..] else {
        panic!()
    };
    assert_eq!(
        (&*verify.name, verify.label.as_str()),
        ("Verify", "Verify it")
    );
    assert_eq!((&*ship.name, ship.label.as_str()), ("ship", "ship"));
    assert_eq!((&verify.jobs[..], &ship.jobs[..]), (&[0, 2][..], &[1][..]));
    assert_eq!(
        (&verify.depends_on[..], &ship.depends_on[..]),
        (&[][..], &[0][..])
    );
    assert_eq!(ship.condition.text(), "always()");
    let [a] = &verify.variables[..] else { panic!() };
    assert_eq!(
        (a.name.as_str(), a.read_only, a.secret),
        ("a", false, false)
    );

    let jobs: Vec<_> = plan
        .jobs
        .iter()
        .map(|job| (&*job.id, job.label.as_str(), job.stage, &job.depends_on[..]))
        .collect();
    assert_eq!(
        jobs,
        [
            ("Verify.build", "Build it", 0, &[][..]),
            ("ship.upload", "upload", 1, &[][..]),
            ("Verify.check", "check", 0, &[0][..]),
        ]
    );
    assert!(plan.jobs[2].variables[0].read_only);
}

#[test]
fn without_stages_there_is_one_that_nobody_sees() {
    let plan = planned(&job("a", ""), &[command("x")]);
    assert_eq!(plan.stages.len(), 1);
    let stage = &plan.stages[0];
    assert_eq!((&*stage.name, stage.label.as_str()), (DEFAULT_STAGE, ""));
    assert_eq!((&stage.jobs[..], &*plan.jobs[0].id), (&[0][..], "a"));
}

#[test]
fn a_job_in_an_unknown_stage_is_told_the_known_ones() {
    let text = format!(
        "[stages.build]\n[stages.ship]\n{}",
        job("a", "stage = \"biuld\"")
    );
    insta::assert_snapshot!(refused(&text, &[command("x")]), @r#"
    unknown-stage: job `a` is in unknown stage `biuld`
      line 4 "\"biuld\"" did you mean `build`?
      help: stages of the pipeline: build, ship
    "#);
    insta::assert_snapshot!(refused(&job("a", "stage = \"s\""), &[command("x")]), @r#"
    unknown-stage: job `a` is in unknown stage `s`
      line 2 "\"s\"" the pipeline declares no stages
      help: declare it: `[stages.NAME]`; or leave `stage` out
    "#);
}

#[test]
fn a_stage_without_jobs_is_an_error() {
    let text = format!(
        "[stages.build]\n[stages.ship]\n{}",
        job("a", "stage = \"ship\"")
    );
    insta::assert_snapshot!(refused(&text, &[command("x")]), @r#"
    no-jobs: stage `build` must contain at least one job
      line 1 "build" no job is in this stage
      help: add a job:

        [jobs.NAME]
        stage = "build"
    "#);
}

#[test]
fn a_job_of_another_stage_is_no_dependency() {
    let text = [
        "[stages.build]\n[stages.ship]\n",
        &job("a", "stage = \"build\""),
        &job("b", "stage = \"ship\"\ndepends-on = \"a\""),
    ];
    insta::assert_snapshot!(refused(&text.concat(), &[command("x")]), @r#"
    unknown-job: job `b` depends on unknown job `a`
      line 9 "\"a\"" this job is in stage `build`, and `b` in `ship`
      help: jobs wait for jobs of their own stage; let the stage wait instead:

        [stages.ship]
        depends-on = ["build"]
    "#);
}

#[test]
fn what_depends_on_a_job_in_no_stage_is_not_told_twice() {
    let text = [
        "[stages.build]\n[stages.ship]\n",
        &job("a", "stage = \"shop\"\ndepends-on = \"nope\""),
        &job("b", "stage = \"ship\"\ndepends-on = \"a\""),
    ];
    insta::assert_snapshot!(refused(&text.concat(), &[command("x")]), @r#"
    unknown-stage: job `a` is in unknown stage `shop`
      line 4 "\"shop\"" did you mean `ship`?
      help: stages of the pipeline: build, ship
    "#);
}

#[test]
fn stages_that_wait_for_each_other_are_shown_with_the_ones_that_say_nothing() {
    let text = [
        "[stages.a]\ndepends-on = \"c\"\n[stages.b]\n[stages.c]\n",
        &job("x", "stage = \"a\""),
        &job("y", "stage = \"b\""),
        &job("z", "stage = \"c\""),
    ];
    insta::assert_snapshot!(refused(&text.concat(), &[command("x")]), @r#"
    dependency-cycle: the pipeline must contain at least one stage with no dependencies: `a` → `c` → `b` → `a`
      line 2 "\"c\"" stage `a` waits for stage `c`
      line 3 "b" stage `b` waits for stage `a`, which is before it
      line 4 "c" stage `c` waits for stage `b`, which is before it
      help: a stage waits for the one before it in the file, unless it says otherwise: `depends-on = []`
      help: remove one of the dependencies on this path
    "#);
}

#[test]
fn an_unknown_stage_comes_with_a_suggestion() {
    let text = [
        "[stages.build]\n[stages.ship]\ndepends-on = [\"biuld\"]\n",
        &job("x", "stage = \"build\""),
        &job("y", "stage = \"ship\""),
    ];
    insta::assert_snapshot!(refused(&text.concat(), &[command("x")]), @r#"
    unknown-stage: stage `ship` depends on unknown stage `biuld`
      line 3 "\"biuld\"" did you mean `build`?
    "#);
}
