//! What a logging command asks for.
//!
//! A plain command cannot call the typed interfaces, so its lines are turned into the very events
//! that a typed task would cause, and what is done about them is written once.

use crate::command::Command;
use crate::result::{self, CLAIMS};
use crate::variable::Assignment;
use stepwell_event::{Issue, IssueSeverity, StepResult};

/// What is to be done about a command.
#[derive(Debug)]
pub(crate) enum Action {
    SetVariable(Assignment),
    AddSecret(String),
    ReportIssue(Issue),
    SetProgress {
        percent: u8,
        message: String,
    },
    Complete {
        result: StepResult,
        message: String,
        done: bool,
    },
    Debug(String),
    /// Nothing, but its author should know why.
    Ignore(String),
}

/// What this version does.
const SUPPORTED: [&str; 7] = [
    "complete",
    "debug",
    "issue",
    "logissue",
    "setprogress",
    "setsecret",
    "setvariable",
];

/// What Azure's agent does besides.
const UNSUPPORTED: [&str; 7] = [
    "addattachment",
    "logdetail",
    "prependpath",
    "setendpoint",
    "settaskvariable",
    "uploadfile",
    "uploadsummary",
];

/// What `command` asks for, or why it cannot be followed.
pub(crate) fn interpret(command: &Command<'_>) -> Result<Action, String> {
    if !command.area.eq_ignore_ascii_case("task") {
        return Ok(Action::Ignore(format!(
            "there is no area `{}` of logging commands in this version, only `task`",
            command.area
        )));
    }
    let data = || command.data.clone().into_owned();
    match command.event.to_ascii_lowercase().as_str() {
        "setvariable" => set_variable(command),
        "setsecret" => Ok(Action::AddSecret(data())),
        "logissue" | "issue" => issue(command),
        "setprogress" => Ok(Action::SetProgress {
            percent: percent(command.get("value")),
            message: data(),
        }),
        "complete" => complete(command),
        "debug" => Ok(Action::Debug(data())),
        event if UNSUPPORTED.contains(&event) => Ok(Action::Ignore(format!(
            "`task.{event}` is not supported by this version"
        ))),
        event => Err(unknown(event)),
    }
}

fn unknown(event: &str) -> String {
    let known = SUPPORTED.iter().chain(&UNSUPPORTED);
    let near = known
        .map(|known| (strsim::damerau_levenshtein(known, event), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match near {
        Some((_, known)) => format!("there is no such command; did you mean `task.{known}`?"),
        None => format!("there is no such command; there are {}", list(&SUPPORTED)),
    }
}

fn list(events: &[&str]) -> String {
    let names: Vec<String> = events
        .iter()
        .map(|event| format!("`task.{event}`"))
        .collect();
    names.join(", ")
}

fn set_variable(command: &Command<'_>) -> Result<Action, String> {
    let name = command
        .get("variable")
        .ok_or("it needs the property `variable`, the name to set")?;
    Ok(Action::SetVariable(Assignment {
        name: name.to_owned(),
        value: command.data.clone().into_owned(),
        secret: command.is_set("issecret"),
        output: command.is_set("isoutput"),
        read_only: command.is_set("isreadonly"),
        preserve_case: command.is_set("preservecase"),
    }))
}

fn issue(command: &Command<'_>) -> Result<Action, String> {
    let severity = match command.get("type") {
        Some(kind) if kind.eq_ignore_ascii_case("error") => IssueSeverity::Error,
        Some(kind) if kind.eq_ignore_ascii_case("warning") => IssueSeverity::Warning,
        Some(_) => return Err("`type` must be `error` or `warning`".to_owned()),
        None => {
            return Ok(Action::Ignore(
                "`task.logissue` is ignored without `type=error` or `type=warning`".to_owned(),
            ));
        }
    };
    let text = |key| command.get(key).map(str::to_owned);
    let number = |key| command.get(key).and_then(|value| value.trim().parse().ok());
    Ok(Action::ReportIssue(Issue {
        severity,
        message: command.data.clone().into_owned(),
        path: text("sourcepath"),
        line: number("linenumber"),
        column: number("columnnumber"),
        code: text("code"),
    }))
}

fn complete(command: &Command<'_>) -> Result<Action, String> {
    let result = command
        .get("result")
        .and_then(result::parse_claim)
        .ok_or_else(|| format!("it needs the property `result`: {CLAIMS}"))?;
    Ok(Action::Complete {
        result,
        message: command.data.clone().into_owned(),
        done: command.is_set("done"),
    })
}

/// What is no whole number counts as 0, as in Azure.
fn percent(value: Option<&str>) -> u8 {
    let number: i64 = value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0);
    u8::try_from(number.clamp(0, 100)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Parsed, parse};

    fn interpret_line(line: &str) -> Result<Action, String> {
        let Parsed::Command(command) = parse(line) else {
            panic!("{line} is no command");
        };
        interpret(&command)
    }

    #[test]
    fn commands_become_actions_whatever_their_case() {
        let check = |line: &str, expect: &str| {
            assert_eq!(
                format!("{:?}", interpret_line(line).unwrap()),
                expect,
                "{line}"
            );
        };
        check(
            "##vso[Task.SetVariable Variable=seen;isOutput=True;issecret=no;isreadonly=1]yes",
            r#"SetVariable(Assignment { name: "seen", value: "yes", secret: false, output: true, read_only: false, preserve_case: false })"#,
        );
        check("##vso[task.setsecret]pass", r#"AddSecret("pass")"#);
        check(
            "##vso[task.issue type=WARNING;sourcepath=a.c;linenumber=3;columnnumber=x;code=E1;]bad",
            r#"ReportIssue(Issue { severity: Warning, message: "bad", path: Some("a.c"), line: Some(3), column: None, code: Some("E1") })"#,
        );
        check(
            "##vso[task.setprogress value=150]almost",
            r#"SetProgress { percent: 100, message: "almost" }"#,
        );
        check(
            "##vso[task.setprogress value=some]",
            r#"SetProgress { percent: 0, message: "" }"#,
        );
        check(
            "##vso[task.complete result=SucceededWithIssues;done=true;]so so",
            r#"Complete { result: SucceededWithIssues, message: "so so", done: true }"#,
        );
        check("##vso[task.debug]psst", r#"Debug("psst")"#);
    }

    #[test]
    fn commands_of_another_version_are_ignored_with_a_word() {
        let check = |line: &str, expect: &str| match interpret_line(line) {
            Ok(Action::Ignore(why)) => assert_eq!(why, expect, "{line}"),
            other => panic!("{line} gives {other:?}"),
        };
        for event in UNSUPPORTED {
            check(
                &format!("##vso[task.{event} a=b]x"),
                &format!("`task.{event}` is not supported by this version"),
            );
        }
        check(
            "##vso[build.addbuildtag]x",
            "there is no area `build` of logging commands in this version, only `task`",
        );
        check(
            "##vso[task.logissue]x",
            "`task.logissue` is ignored without `type=error` or `type=warning`",
        );
    }

    #[test]
    fn commands_that_cannot_be_followed_say_why() {
        for (line, expect) in [
            (
                "##vso[task.setvariable]x",
                "it needs the property `variable`",
            ),
            (
                "##vso[task.setvariable variable=;]x",
                "it needs the property `variable`",
            ),
            ("##vso[task.logissue type=info]x", "`type` must be"),
            ("##vso[task.complete]x", "it needs the property `result`"),
            (
                "##vso[task.complete result=failed]x",
                "it needs the property `result`",
            ),
            (
                "##vso[task.complete result=Skipped]x",
                "it needs the property `result`",
            ),
            (
                "##vso[task.setvarable]x",
                "did you mean `task.setvariable`?",
            ),
            (
                "##vso[task.frobnicate]x",
                "there are `task.complete`, `task.debug`,",
            ),
        ] {
            let why = interpret_line(line).unwrap_err();
            assert!(why.contains(expect), "{line}: {why}");
        }
    }
}
