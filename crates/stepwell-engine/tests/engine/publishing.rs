//! What steps publish, beyond the tables.

use crate::fixture::{Driver, job, output, plan, report, step, typed, variable};
use stepwell_engine::{JobInput, OutputVariable, StartVariable};
use stepwell_event::{DetailUpdate, GuestEvent, Outcome, Publish};
use stepwell_plan::PlannedStep;

fn with_workspace(step: PlannedStep) -> PlannedStep {
    PlannedStep { task: 1, ..step }
}

fn publish(publish: Publish) -> GuestEvent {
    GuestEvent::Publish { publish }
}

#[test]
fn calls_are_checked_as_commands_are() {
    let mut driver = Driver::started(vec![typed()]);
    let tag = |tag: &str| {
        publish(Publish::Tag {
            tag: tag.to_owned(),
        })
    };
    assert_eq!(driver.guest(tag(" good ")), Ok(()));
    assert_eq!(driver.guest(tag("a:b")), Ok(()));
    let path = "a".to_owned();
    assert_eq!(driver.guest(publish(Publish::File { path })), Ok(()));
    driver.end(Outcome::Succeeded);
    let why = "this step has no access to the workspace, so there is no file that it could publish: \
               grant it with `allow = { workspace = \"read\" }` in `[tasks.lint]`";
    driver.expect(&[
        "tag good",
        "Error: unable to process `build.addbuildtag`",
        "Error: a tag has no colon and no control character",
        "Error: unable to process `task.uploadfile`",
        &format!("Error: {why}"),
        "0 Failed: unable to process `build.addbuildtag`: a tag has no colon and no control character",
        "job Failed",
        "end Failed",
    ]);
}

#[test]
fn a_step_cannot_publish_without_end() {
    let mut driver = Driver::started(vec![with_workspace(step())]);
    driver.print(&"##vso[task.uploadfile]a\n".repeat(1_001));
    let lines = driver.take();
    assert_eq!(
        lines,
        [
            "Error: unable to process `task.uploadfile`",
            "Error: a step can publish something 1000 times",
        ]
    );
    driver.end(Outcome::Succeeded);
    driver.expect(&["collect 0: 1000"]);
}

#[test]
fn paths_that_wait_have_a_bound() {
    let mut driver = Driver::started(vec![with_workspace(step())]);
    let line = format!("##vso[task.uploadfile]{}\n", "a".repeat(4 << 10));
    driver.print(&line.repeat(257));
    let lines = driver.take();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].contains("1024 KiB"), "{lines:?}");
}

#[test]
fn details_have_a_bound() {
    let mut driver = Driver::started(vec![typed()]);
    let mut refused = 0;
    for number in 0..1_001 {
        driver
            .guest(publish(Publish::Detail(DetailUpdate {
                id: format!("{:032x}", number + 1),
                kind: Some("a".to_owned()),
                name: Some("b".to_owned()),
                ..DetailUpdate::default()
            })))
            .unwrap();
        let lines = driver.take();
        refused += usize::from(lines.iter().any(|line| line.contains("1000 records")));
    }
    assert_eq!((driver.published.len(), refused), (1_000, 1));
}

#[test]
fn answers_that_are_missing_are_failures() {
    let mut driver = Driver::started(vec![with_workspace(step())]);
    driver.print("##vso[task.uploadfile]a\n");
    driver.end(Outcome::Succeeded);
    driver.input(JobInput::Collected(Vec::new()));
    driver.input(JobInput::Collected(Vec::new()));
    driver.input(JobInput::StepEnded(report(Outcome::Succeeded)));
    driver.expect(&[
        "collect 0: 1",
        "Error: unable to process `task.uploadfile`",
        "Error: it was not read",
        "0 Failed: unable to process `task.uploadfile`: it was not read",
        "job Failed",
        "end Failed",
    ]);
}

#[test]
fn the_end_of_a_job_has_its_outputs() {
    let named = |name: &str, step| PlannedStep {
        name: Some(name.to_owned()),
        ..step
    };
    let secret = StartVariable {
        secret: true,
        ..variable("token", "hunter2")
    };
    let steps = vec![named("a", step()), named("b", step())];
    let plan = plan(vec![job("build", &[], steps)]);
    let mut driver = Driver::with(plan, vec![secret, variable("dir", "src")]);
    driver.input(JobInput::Start);
    driver.print(
        "##vso[task.setvariable variable=x;isoutput=true]$(dir)/a\n\
         ##vso[task.setvariable variable=plain]1\n\
         ##vso[task.setvariable variable=y;isoutput=true]$(token)!\n",
    );
    driver.end(Outcome::Succeeded);
    driver.print(
        "##vso[task.setvariable variable=z;isoutput=true;issecret=true]swordfish\n\
         ##vso[task.setvariable variable=literal;isoutput=true]hunter2?\n",
    );
    driver.end(Outcome::ExitCode { code: 1 });
    let output = |name: &str, value: &str, secret| OutputVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
    };
    assert_eq!(
        driver.finished.unwrap().outputs,
        [
            output("a.x", "src/a", false),
            // A step cannot have a secret put into its own words.
            output("a.y", "$(token)!", false),
            output("b.z", "swordfish", true),
            output("b.literal", "hunter2?", true),
        ]
    );
}

#[test]
fn a_typed_task_is_not_told_that_nobody_reads_its_outputs() {
    let mut driver = Driver::started(vec![typed()]);
    driver
        .guest(GuestEvent::SetVariable {
            name: "count".to_owned(),
            value: "3".to_owned(),
            secret: false,
            output: true,
            read_only: false,
        })
        .unwrap();
    driver.expect(&["count = 3"]);
}

#[test]
fn each_line_of_a_secret_that_a_job_starts_with_is_masked() {
    let secret = StartVariable {
        secret: true,
        ..variable("key", "first-line\nsecond-line\n")
    };
    let plan = plan(vec![job("build", &[], vec![step()])]);
    let mut driver = Driver::with(plan, vec![secret]);
    driver.input(JobInput::Start);
    driver.take();
    driver.guest(output("first-line second-line\n")).unwrap();
    driver.expect(&["> *** ***"]);
}
