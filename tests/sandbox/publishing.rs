//! What typed tasks publish, and what becomes of it when it is refused.

use crate::harness::{Ran, task};
use stepwell_event::{DetailUpdate, GuestEvent, Outcome, Publish, Refusal, TestResultsRequest};

fn published(ran: &Ran) -> Vec<&Publish> {
    let events = ran.events.iter();
    events
        .filter_map(|event| match event {
            GuestEvent::Publish { publish } => Some(publish),
            _ => None,
        })
        .collect()
}

fn given(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn whatever_a_task_publishes_arrives_typed_and_in_order() {
    let ran = task("task-publish").input("way", "bindings").go();
    ran.succeeded();
    let path = || "path".to_owned();
    let name = || "name".to_owned();
    let expected = [
        Publish::Attachment {
            kind: "kind".to_owned(),
            name: name(),
            path: path(),
        },
        Publish::Summary { path: path() },
        Publish::File { path: path() },
        Publish::Log { path: path() },
        Publish::Artifact {
            name: name(),
            folder: None,
            path: path(),
        },
        Publish::ArtifactLink {
            name: name(),
            kind: None,
            location: "$/path".to_owned(),
        },
        Publish::TestResults(TestResultsRequest {
            format: "JUnit".to_owned(),
            files: vec![path()],
            merge: true,
            attach_files: true,
            ..TestResultsRequest::default()
        }),
        Publish::Coverage {
            tool: "Cobertura".to_owned(),
            summary: path(),
            report_directory: None,
            additional_files: Vec::new(),
        },
        Publish::RunNumber {
            number: "1".to_owned(),
        },
        Publish::Tag {
            tag: "tag".to_owned(),
        },
        Publish::Detail(DetailUpdate {
            id: "1".to_owned(),
            ..DetailUpdate::default()
        }),
        Publish::Detail(DetailUpdate {
            id: "2".to_owned(),
            parent: given("1"),
            kind: given("kind"),
            name: given("name"),
            order: given("-3"),
            start_time: given("2024-05-06T21:07:03Z"),
            finish_time: given("2024-05-06T21:07:04Z"),
            progress: given("100"),
            state: given("Pending"),
            result: given("Skipped"),
            operation: "operation".to_owned(),
        }),
        Publish::Path { path: path() },
        Publish::TaskVariable {
            name: name(),
            value: "value".to_owned(),
            secret: false,
            read_only: true,
        },
        Publish::Endpoint {
            id: "id".to_owned(),
            field: "url".to_owned(),
            key: None,
            value: "value".to_owned(),
        },
    ];
    assert_eq!(published(&ran), expected.iter().collect::<Vec<_>>());
    let answers = ran.log();
    assert_eq!(answers.lines().count(), expected.len());
    assert!(
        answers.lines().all(|line| line.ends_with(" Ok(())")),
        "{answers}"
    );
}

/// What comes before the records of the timeline, whose ids are random.
const BEFORE_DETAILS: usize = 17;

#[test]
fn the_sdk_hands_on_all_that_is_optional() {
    let ran = task("task-publish").input("way", "sdk").go();
    ran.succeeded();
    let endpoint = |field: &str, key: Option<&str>, value: &str| Publish::Endpoint {
        id: "e1".to_owned(),
        field: field.to_owned(),
        key: key.map(str::to_owned),
        value: value.to_owned(),
    };
    let variable = |name: &str, value: &str, secret| Publish::TaskVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
        read_only: false,
    };
    let artifact = |folder: Option<&str>, path: &str| Publish::Artifact {
        name: "site".to_owned(),
        folder: folder.map(str::to_owned),
        path: path.to_owned(),
    };
    let expected: [Publish; BEFORE_DETAILS] = [
        Publish::Attachment {
            kind: "screenshot".to_owned(),
            name: "front".to_owned(),
            path: "out/front.png".to_owned(),
        },
        Publish::Summary {
            path: "out/summary.md".to_owned(),
        },
        Publish::File {
            path: "out/dump.bin".to_owned(),
        },
        Publish::Log {
            path: "out/tool.log".to_owned(),
        },
        artifact(None, "out/site"),
        artifact(Some("docs"), "out/docs"),
        Publish::ArtifactLink {
            name: "image".to_owned(),
            kind: given("container"),
            location: "#/7/image".to_owned(),
        },
        Publish::TestResults(TestResultsRequest {
            format: "VSTest".to_owned(),
            files: vec!["a.trx".to_owned(), "b/*.trx".to_owned()],
            merge: false,
            platform: given("wasm32"),
            configuration: given("release"),
            title: given("unit"),
            attach_files: false,
            fail_on_failed_tests: true,
        }),
        Publish::Coverage {
            tool: "JaCoCo".to_owned(),
            summary: "jacoco.xml".to_owned(),
            report_directory: given("html"),
            additional_files: vec!["a.exec".to_owned(), "b.exec".to_owned()],
        },
        Publish::RunNumber {
            number: "1.2.3".to_owned(),
        },
        Publish::Tag {
            tag: "nightly".to_owned(),
        },
        Publish::Path {
            path: "tools/bin".to_owned(),
        },
        variable("phase", "1", false),
        variable("token", "a secret value", true),
        endpoint("url", None, "https://a.example/"),
        endpoint("dataParameter", Some("d"), "1"),
        endpoint("authParameter", Some("a"), "2"),
    ];
    assert_eq!(published(&ran)[..BEFORE_DETAILS], expected.each_ref());
}

#[test]
fn a_part_of_the_work_is_one_record_from_its_begin_to_its_end() {
    let ran = task("task-publish").input("way", "sdk").go();
    ran.succeeded();
    let updates: Vec<&DetailUpdate> = published(&ran)[BEFORE_DETAILS..]
        .iter()
        .map(|publish| match publish {
            Publish::Detail(update) => update,
            other => panic!("{other:?}"),
        })
        .collect();
    let (whole, part) = (&updates[0].id, &updates[1].id);
    assert_ne!(whole, part);
    let update = |id: &String, operation: &str| DetailUpdate {
        id: id.clone(),
        operation: operation.to_owned(),
        ..DetailUpdate::default()
    };
    let completed = |id, result, operation| DetailUpdate {
        state: given("Completed"),
        result: given(result),
        ..update(id, operation)
    };
    let expected = [
        DetailUpdate {
            kind: given("Build"),
            name: given("all"),
            ..update(whole, "")
        },
        DetailUpdate {
            parent: Some(whole.clone()),
            kind: given("Page"),
            name: given("index"),
            ..update(part, "")
        },
        DetailUpdate {
            progress: given("100"),
            ..update(part, "half")
        },
        completed(part, "SucceededWithIssues", "a redirect"),
        completed(whole, "Succeeded", "done"),
    ];
    assert_eq!(updates, expected.each_ref());
}

#[test]
fn a_refusal_is_the_typed_error_of_every_call_that_publishes() {
    /// Calls of `outputs`, which has an error of its own.
    const OUTPUTS: [&str; 3] = ["prepend-path", "set-task-variable", "set-endpoint"];
    let check = |refusal: Refusal, output_error: &str, error: &str| {
        let ran = task("task-publish")
            .input("way", "bindings")
            .refusing(refusal)
            .go();
        ran.succeeded();
        let answers = ran.log();
        assert_eq!(answers.lines().count(), 15, "{answers}");
        for line in answers.lines() {
            let (call, answer) = line.split_once(' ').unwrap();
            let expected = match OUTPUTS.contains(&call) {
                true => format!("Err(OutputError::{output_error}(\"why\"))"),
                false => format!("Err(Refusal::{error}(\"why\"))"),
            };
            assert_eq!(answer, expected, "{call}");
        }
    };
    let why = || "why".to_owned();
    check(Refusal::InvalidName(why()), "InvalidName", "Invalid");
    check(Refusal::ReadOnly(why()), "ReadOnly", "Denied");
    check(Refusal::Unmaskable(why()), "Unmaskable", "Denied");
    check(Refusal::TooLarge(why()), "TooLarge", "TooLarge");
    check(Refusal::Denied(why()), "Denied", "Denied");
}

#[test]
fn a_refusal_fails_a_task_that_does_not_mind_it() {
    let ran = task("task-publish")
        .input("way", "sdk")
        .refusing(Refusal::Denied("it may not".to_owned()))
        .go();
    assert_eq!(
        ran.outcome(),
        &Outcome::Failed {
            message: "cannot attach `out/front.png`: it may not".to_owned(),
            code: 1,
            details: None,
        }
    );
}

#[test]
fn one_call_takes_a_thousand_files_and_no_more() {
    let many = |files: &str| {
        let ran = task("task-publish")
            .input("way", "many")
            .input("files", files)
            .go();
        ran.succeeded();
        (published(&ran).len(), ran.log())
    };
    assert_eq!(
        many("1000"),
        (2, "test-results Ok(())\ncoverage Ok(())\n".to_owned())
    );
    let (events, answers) = many("1001");
    assert_eq!(events, 0);
    let why = "1001 files are too many for one call: the limit is 1000";
    assert_eq!(answers.matches(why).count(), 2, "{answers}");
}

#[test]
fn what_the_limit_of_output_has_no_room_for_is_refused() {
    let check = |limit, published_first, error: &str| {
        let ran = task("task-publish").input("way", "sdk").output(limit).go();
        assert_eq!(published(&ran).len(), published_first);
        let Outcome::Failed { message, .. } = ran.outcome() else {
            panic!("{:?}", ran.outcome());
        };
        assert_eq!(message, error);
    };
    let first = "screenshotfrontout/front.png\n".len() as u64;
    check(
        first,
        1,
        "cannot show `out/summary.md`: the step has used up its limit of output",
    );
    check(
        first - 1,
        0,
        "cannot attach `out/front.png`: the step has used up its limit of output",
    );
}
