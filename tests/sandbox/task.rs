//! Typed tasks: what they say of themselves, and what they hand on.

use crate::harness::{Ran, guest, task, try_code};
use stepwell_event::{
    Capability, Description, GuestEvent, InputSpec, InputType, Issue, IssueSeverity, LogLevel,
    Outcome, OutputSpec, Refusal, StepResult,
};
use stepwell_sandbox::{LoadError, LoadErrorKind, Metering};

fn describe(name: &str) -> Result<Option<Description>, LoadError> {
    let code = try_code(&guest(name), Metering::Off)?;
    Ok(code.description().cloned())
}

#[test]
fn a_task_says_what_it_is() {
    let input = |name: &str, kind, default: Option<&str>, help: &str| InputSpec {
        name: name.to_owned(),
        kind,
        required: default.is_none(),
        default: default.map(str::to_owned),
        values: Vec::new(),
        help: help.to_owned(),
    };
    let output = |name: &str, help: &str| OutputSpec {
        name: name.to_owned(),
        help: help.to_owned(),
    };
    let expected = Description {
        name: "echo".to_owned(),
        version: "0.1.0".to_owned(),
        summary: "Hands on what it was given.".to_owned(),
        inputs: vec![
            input("text", InputType::String, None, "What to hand on."),
            input("times", InputType::Number, Some("1"), "How often."),
            input("lines", InputType::List, Some(""), "Lines to count."),
            input(
                "fail",
                InputType::Boolean,
                Some("false"),
                "Whether to fail at the end.",
            ),
        ],
        outputs: vec![
            output("text", "The text, as often as asked."),
            output("lines", "How many lines were given."),
        ],
        capabilities: vec![
            Capability::Host("example.org".to_owned()),
            Capability::Env("LANG".to_owned()),
            Capability::Secret("token".to_owned()),
        ],
    };
    assert_eq!(describe("task-echo"), Ok(Some(expected)));
}

#[test]
fn allowed_values_are_part_of_the_description() {
    let listener = describe("task-listener").unwrap().unwrap();
    assert_eq!(
        listener.inputs[0].values,
        ["polling", "waiting", "ignoring"]
    );
}

#[test]
fn a_command_says_nothing_of_itself() {
    assert_eq!(describe("env_print"), Ok(None));
}

#[test]
fn a_task_that_panics_when_described_is_refused() {
    let error = describe("task-mute").unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Describe);
}

fn echo() -> Ran {
    task("task-echo")
        .input("text", "ab")
        .input("times", "3")
        .input("lines", "x\ny")
        .go()
}

#[test]
fn what_a_task_tells_arrives_in_order_and_typed() {
    let ran = echo();
    assert_eq!(ran.succeeded(), "on standard output\n");
    let log = |level, message: &str| GuestEvent::Log {
        level,
        message: message.to_owned(),
    };
    let issue = |severity, message: &str| Issue {
        severity,
        message: message.to_owned(),
        path: None,
        line: None,
        column: None,
        code: None,
    };
    let expected = [
        log(LogLevel::Debug, "3 times"),
        log(LogLevel::Info, "ab"),
        log(LogLevel::Warning, "two\nlines"),
        log(LogLevel::Error, "not counted"),
        GuestEvent::Issue(Issue {
            path: Some("src/main.rs".to_owned()),
            line: Some(3),
            column: Some(7),
            code: Some("E1".to_owned()),
            ..issue(IssueSeverity::Error, "too long")
        }),
        GuestEvent::Issue(issue(IssueSeverity::Warning, "somewhere")),
        GuestEvent::Progress {
            percent: 50,
            message: "half".to_owned(),
        },
    ];
    let told: Vec<&GuestEvent> = ran
        .events
        .iter()
        .filter(|event| !matches!(event, GuestEvent::Output { .. }))
        .collect();
    assert_eq!(told[..expected.len()], expected.each_ref());
}

#[test]
fn what_a_task_hands_on_arrives_in_order_and_typed() {
    let ran = echo();
    let set = |name: &str, value: &str, secret, output| GuestEvent::SetVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
        output,
        read_only: output,
    };
    let expected = [
        set("plain", "ab", false, false),
        set("hidden", "a secret value", true, false),
        GuestEvent::AddSecret {
            value: "another secret".to_owned(),
        },
        GuestEvent::Complete {
            result: StepResult::SucceededWithIssues,
            message: "with issues".to_owned(),
        },
        set("text", "ababab", false, true),
        set("lines", "2", false, true),
    ];
    let last: Vec<&GuestEvent> = ran.events.iter().rev().take(expected.len()).rev().collect();
    assert_eq!(last, expected.each_ref());
}

#[test]
fn wrong_inputs_are_a_failure_that_names_them() {
    let ran = task("task-echo").input("times", "many").go();
    let Outcome::Failed {
        message,
        code: 1,
        details,
    } = ran.outcome()
    else {
        panic!("{:?}", ran.outcome());
    };
    let all = format!("{message} {details:?}");
    assert!(all.contains("text") && all.contains("many"), "{all}");
}

#[test]
fn a_failure_record_becomes_the_outcome() {
    assert_eq!(
        task("task-fails").go().outcome(),
        &Outcome::Failed {
            message: "2 of 7 files are wrong".to_owned(),
            code: 7,
            details: Some("src/a.rs\nsrc/b.rs".to_owned()),
        }
    );
    let asked = task("task-echo")
        .input("text", "x")
        .input("fail", "true")
        .go();
    assert_eq!(asked.outcome().name(), "failed");
}

#[test]
fn a_refusal_is_the_typed_error_of_the_call() {
    let check = |refusal: Refusal, error: &str| {
        let ran = task("task-variables").refusing(refusal).go();
        ran.succeeded();
        let expected: String = ["output", "variable", "secret"]
            .map(|call| format!("{call} Err(OutputError::{error}(\"why\"))\n"))
            .concat();
        assert_eq!(ran.log(), expected);
    };
    let why = || "why".to_owned();
    check(Refusal::InvalidName(why()), "InvalidName");
    check(Refusal::ReadOnly(why()), "ReadOnly");
    check(Refusal::Unmaskable(why()), "Unmaskable");
    check(Refusal::TooLarge(why()), "TooLarge");
    check(Refusal::Denied(why()), "Denied");
    let accepted = task("task-variables").go();
    assert_eq!(
        accepted.log(),
        "output Ok(())\nvariable Ok(())\nsecret Ok(())\n"
    );
    assert!(accepted.events.contains(&GuestEvent::SetVariable {
        name: "two".to_owned(),
        value: "2".to_owned(),
        secret: true,
        output: false,
        read_only: true,
    }));
}

#[test]
fn a_task_that_does_nothing_uses_next_to_nothing() {
    let ran = task("task-noop").go();
    ran.succeeded();
    assert_eq!(ran.events, []);
    assert!(
        ran.report.usage.memory_peak <= 2 << 20,
        "{:?}",
        ran.report.usage
    );
}
