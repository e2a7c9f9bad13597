//! What a guest says, as lines and as calls.

use crate::fixture::{Driver, output, step, typed};
use stepwell_event::{
    GuestEvent, Issue, IssueSeverity, LogLevel, Outcome, Refusal, StepResult, Stream,
};
use stepwell_plan::PlannedStep;

/// What a plain command that prints `text` and exits with 0 leads to.
#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let mut driver = Driver::started(vec![step()]);
    driver.guest(output(text)).unwrap();
    driver.end(Outcome::Succeeded);
    let lines = driver.take();
    assert_eq!(lines[..lines.len() - 2], *expect, "{text}");
}

#[test]
fn lines_are_printed_and_commands_are_not() {
    check("one\r\n\ntwo", &["> one", "> ", "> two", "0 Succeeded"]);
    check(
        "a\n##vso[task.setvariable variable=x]1\n##vso[task.debug]psst\nb\n",
        &["> a", "x = 1", "> b", "0 Succeeded"],
    );
    check("##[error]bad\n", &["> ##[error]bad", "0 Succeeded"]);
    check(
        "##vso[task.setprogress value=7]go\n##vso[task.setprogress value=7]go\n\
         ##vso[task.setprogress value=3]back\n##vso[task.setprogress value=200]end\n",
        &["7% go", "100% end", "0 Succeeded"],
    );
}

#[test]
fn both_streams_are_scanned_and_kept_apart() {
    let mut driver = Driver::started(vec![step()]);
    let on = |stream, text: &str| GuestEvent::Output {
        stream,
        bytes: text.as_bytes().to_vec(),
    };
    driver.guest(on(Stream::Stdout, "to ")).unwrap();
    driver
        .guest(on(
            Stream::Stderr,
            "##vso[task.setvariable variable=x]1\nerr\n",
        ))
        .unwrap();
    driver.guest(on(Stream::Stdout, "out")).unwrap();
    driver.expect(&["x = 1", "Stderr> err"]);
    driver.end(Outcome::Succeeded);
    assert_eq!(driver.take()[..2], ["> to out", "0 Succeeded"]);
}

#[test]
fn a_typed_task_prints_lines_that_look_like_commands() {
    let mut driver = Driver::started(vec![typed()]);
    driver
        .guest(output("##vso[task.complete result=Failed]x\n##vso\n"))
        .unwrap();
    driver.end(Outcome::Succeeded);
    let lines = driver.take();
    assert_eq!(
        lines[..2],
        ["> ##vso[task.complete result=Failed]x", "> ##vso"]
    );
    assert_eq!(lines[2], "0 Succeeded");
}

#[test]
fn what_is_no_command_is_printed_with_a_hint() {
    check(
        "##vso[task]x\n",
        &[
            "> ##vso[task]x",
            "Host> the line has `##vso` in it and is no logging command, which looks like \
             `##vso[area.event key=value;]data`",
            "0 Succeeded",
        ],
    );
}

#[test]
fn a_command_that_cannot_be_followed_is_two_errors_and_a_failed_step() {
    let failed = |name: &str, why: &str| {
        [
            format!("Error: unable to process `{name}`"),
            format!("Error: {why}"),
            format!("0 Failed: unable to process `{name}`: {why}"),
        ]
    };
    for (line, name, why) in [
        (
            "##vso[task.setvariable]x",
            "task.setvariable",
            "it needs the property `variable`, the name to set",
        ),
        (
            "##vso[task.complete]x",
            "task.complete",
            "it needs the property `result`: Succeeded, SucceededWithIssues or Failed",
        ),
        (
            "##vso[task.setvariable variable=System.JobName]x",
            "task.setvariable",
            "variable `System.JobName` is read-only",
        ),
        (
            "##vso[task.setvariable variable=x;issecret=true]one%0Atwo",
            "task.setvariable",
            "secrets cannot contain multiple lines",
        ),
        (
            "##vso[task.debugg]x",
            "task.debugg",
            "there is no such command; did you mean `task.debug`?",
        ),
    ] {
        let expect = failed(name, why);
        check(line, &expect.each_ref().map(String::as_str));
    }
}

#[test]
fn overwriting_a_read_only_variable_fails_the_step() {
    let mut driver = Driver::started(vec![step(), step()]);
    driver
        .guest(output(
            "##vso[task.setvariable variable=x;isreadonly=true]1\n",
        ))
        .unwrap();
    driver.end(Outcome::Succeeded);
    driver.take();
    driver
        .guest(output("##vso[task.setvariable variable=X]2\n"))
        .unwrap();
    driver.end(Outcome::Succeeded);
    let lines = driver.take();
    assert_eq!(
        lines[2],
        "1 Failed: unable to process `task.setvariable`: variable `X` is read-only"
    );
}

#[test]
fn an_output_of_a_step_without_a_name_is_warned_of() {
    check(
        "##vso[task.setvariable variable=x;isoutput=true]1\n",
        &[
            "Host> no step can read the output `x`: give this step a `name`",
            "x = 1",
            "0 Succeeded",
        ],
    );
}

#[test]
fn a_claimed_result_counts_if_it_is_worse() {
    let check = |claims: &[&str], outcome: Outcome, expect: &str| {
        let mut driver = Driver::started(vec![step()]);
        for claim in claims {
            driver
                .guest(output(&format!("##vso[task.complete {claim}\n")))
                .unwrap();
        }
        driver.end(outcome);
        let lines = driver.take();
        assert_eq!(lines[lines.len() - 3], expect, "{claims:?}");
    };
    let good = || Outcome::Succeeded;
    check(&["result=Succeeded]fine"], good(), "0 Succeeded");
    check(&["result=Failed]no luck"], good(), "0 Failed: no luck");
    check(
        &["result=2]"],
        good(),
        "0 Failed: the step reported the result Failed",
    );
    check(
        &["result=Failed]first", "result=Succeeded]second"],
        good(),
        "0 Failed: first",
    );
    check(
        &["result=SucceededWithIssues]so so"],
        good(),
        "0 SucceededWithIssues: so so",
    );
    check(
        &["result=SucceededWithIssues]so so"],
        Outcome::ExitCode { code: 9 },
        "0 Failed: exit code 9",
    );
}

#[test]
fn a_claim_to_be_skipped_or_canceled_is_an_error_and_never_betters_a_failure() {
    const WHY: &str = "it needs the property `result`: Succeeded, SucceededWithIssues or Failed";
    for result in ["Skipped", "4", "Canceled", "3"] {
        for (outcome, reason) in [
            (
                Outcome::Succeeded,
                format!("unable to process `task.complete`: {WHY}"),
            ),
            (Outcome::ExitCode { code: 1 }, "exit code 1".to_owned()),
        ] {
            let mut driver = Driver::started(vec![step()]);
            let line = format!("##vso[task.complete result={result};done=true]x\n");
            driver.guest(output(&line)).unwrap();
            driver.end(outcome);
            assert_eq!(
                driver.take(),
                [
                    "Error: unable to process `task.complete`".to_owned(),
                    format!("Error: {WHY}"),
                    format!("0 Failed: {reason}"),
                    "job Failed".to_owned(),
                    "end Failed".to_owned(),
                ]
            );
        }
    }
}

#[test]
fn a_call_cannot_claim_to_be_skipped_or_canceled_either() {
    for result in [StepResult::Skipped, StepResult::Canceled] {
        let mut driver = Driver::started(vec![typed()]);
        let message = "x".to_owned();
        driver
            .guest(GuestEvent::Complete { result, message })
            .unwrap();
        driver.end(Outcome::ExitCode { code: 1 });
        assert_eq!(
            driver.take()[..4],
            [
                "Error: unable to process `complete`",
                "Error: it needs a result that a step can report: Succeeded, SucceededWithIssues or Failed",
                "0 Failed: exit code 1",
                "job Failed",
            ]
        );
    }
}

#[test]
fn nothing_is_heard_after_a_step_declared_itself_done() {
    check(
        "##vso[task.complete result=Succeeded;done=true]fine\nmore\n##vso[task.setsecret]x\n",
        &["100% fine", "stop now=false", "0 Succeeded"],
    );
}

#[test]
fn ten_errors_and_ten_warnings_are_shown_and_all_are_counted() {
    let mut driver = Driver::started(vec![typed()]);
    let issue = |severity| {
        GuestEvent::Issue(Issue {
            severity,
            message: "old".to_owned(),
            path: Some("a.c".to_owned()),
            line: Some(1),
            column: Some(2),
            code: None,
        })
    };
    for _ in 0..15 {
        driver.guest(issue(IssueSeverity::Error)).unwrap();
    }
    for _ in 0..14 {
        driver.guest(issue(IssueSeverity::Warning)).unwrap();
    }
    let lines = driver.take();
    assert_eq!(
        lines
            .iter()
            .filter(|line| *line == "Error a.c:1:2: old")
            .count(),
        10
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| *line == "Warning a.c:1:2: old")
            .count(),
        10
    );
    assert_eq!(lines.len(), 20);
    driver.end(Outcome::Succeeded);
    assert_eq!(
        driver.take()[0],
        "0 SucceededWithIssues: reported 15 errors and 14 warnings"
    );
}

#[test]
fn calls_of_a_typed_task_do_what_commands_do() {
    let mut driver = Driver::started(vec![PlannedStep {
        name: Some("scan".to_owned()),
        ..typed()
    }]);
    let set = |name: &str, value: &str, secret, output| GuestEvent::SetVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
        output,
        read_only: false,
    };
    driver.guest(set("dir", "src", false, true)).unwrap();
    driver.guest(set("token", "hunter2", true, false)).unwrap();
    driver
        .guest(GuestEvent::Log {
            level: LogLevel::Warning,
            message: "uses hunter2\nfor dir".to_owned(),
        })
        .unwrap();
    driver
        .guest(GuestEvent::Progress {
            percent: 50,
            message: "half".to_owned(),
        })
        .unwrap();
    driver
        .guest(GuestEvent::Complete {
            result: StepResult::SucceededWithIssues,
            message: "hunter2 is weak".to_owned(),
        })
        .unwrap();
    driver.end(Outcome::Succeeded);
    assert_eq!(
        driver.take()[..7],
        [
            "scan.dir = src",
            "token = (secret)",
            "Warning> uses ***",
            "Warning> for dir",
            "50% half",
            "100% *** is weak",
            "0 SucceededWithIssues: *** is weak",
        ]
    );
}

#[test]
fn a_refused_call_is_answered_and_does_not_fail_the_step() {
    let mut driver = Driver::started(vec![typed()]);
    let secret = |value: &str| GuestEvent::AddSecret {
        value: value.to_owned(),
    };
    assert!(matches!(
        driver.guest(secret("a")),
        Err(Refusal::Unmaskable(_))
    ));
    assert!(matches!(
        driver.guest(secret("a\nb")),
        Err(Refusal::Unmaskable(_))
    ));
    let set = |name: &str| GuestEvent::SetVariable {
        name: name.to_owned(),
        value: String::new(),
        secret: false,
        output: false,
        read_only: false,
    };
    assert!(matches!(
        driver.guest(set("a=b")),
        Err(Refusal::InvalidName(_))
    ));
    assert!(matches!(
        driver.guest(set("agent.x")),
        Err(Refusal::ReadOnly(_))
    ));
    driver.end(Outcome::Succeeded);
    assert_eq!(driver.take()[0], "0 Succeeded");
}

#[test]
fn a_step_cannot_set_variables_without_end() {
    let mut driver = Driver::started(vec![typed()]);
    let set = || GuestEvent::SetVariable {
        name: "x".to_owned(),
        value: String::new(),
        secret: false,
        output: false,
        read_only: false,
    };
    for _ in 0..1_000 {
        driver.guest(set()).unwrap();
    }
    assert!(matches!(driver.guest(set()), Err(Refusal::TooLarge(_))));
}

#[test]
fn output_over_the_budget_says_how_to_raise_it() {
    let mut driver = Driver::started(vec![step()]);
    driver
        .guest(GuestEvent::OutputTruncated { limit: 64 << 20 })
        .unwrap();
    driver.expect(&[
        "Host> the step's output exceeded its budget of 64 MiB and the rest is dropped; raise it \
         with `limits = { output = \"…\" }` in `[tasks.lint]`",
    ]);
}

#[test]
fn a_secret_is_masked_from_its_command_on() {
    check(
        "hunter2 ##[\n##vso[task.setsecret]hunter2\nhunter2hunter2 hunter\n\
         ##vso[task.logissue type=error;sourcepath=/hunter2]see hunter2\n",
        &[
            "> hunter2 ##[",
            "> *** hunter",
            "Error /***: see ***",
            "0 SucceededWithIssues: reported 1 error",
        ],
    );
}
