//! The commands of area `task` that concern the step itself.

use super::Action;
use crate::command::Command;
use crate::result::{self, CLAIMS};
use crate::variable::Assignment;
use stepwell_event::{DetailUpdate, Issue, IssueSeverity, Publish};

fn data(command: &Command<'_>) -> String {
    command.data.clone().into_owned()
}

pub(super) fn variable(command: &Command<'_>) -> Result<Action, String> {
    assignment(command).map(Action::SetVariable)
}

pub(super) fn task_variable(command: &Command<'_>) -> Result<Action, String> {
    assignment(command).map(Action::SetTaskVariable)
}

fn assignment(command: &Command<'_>) -> Result<Assignment, String> {
    Ok(Assignment {
        name: command.required("variable", "the name to set")?,
        value: data(command),
        secret: command.is_set("issecret"),
        output: command.is_set("isoutput"),
        read_only: command.is_set("isreadonly"),
        preserve_case: command.is_set("preservecase"),
    })
}

pub(super) fn secret(command: &Command<'_>) -> Result<Action, String> {
    Ok(Action::AddSecret(data(command)))
}

pub(super) fn debug(command: &Command<'_>) -> Result<Action, String> {
    Ok(Action::Debug(data(command)))
}

pub(super) fn issue(command: &Command<'_>) -> Result<Action, String> {
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
    let number = |key| command.get(key).and_then(|value| value.trim().parse().ok());
    Ok(Action::ReportIssue(Issue {
        severity,
        message: data(command),
        path: command.text("sourcepath"),
        line: number("linenumber"),
        column: number("columnnumber"),
        code: command.text("code"),
    }))
}

/// What is no whole number counts as 0, as in Azure.
pub(super) fn progress(command: &Command<'_>) -> Result<Action, String> {
    let number: i64 = command
        .get("value")
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0);
    Ok(Action::SetProgress {
        percent: u8::try_from(number.clamp(0, 100)).unwrap_or(0),
        message: data(command),
    })
}

pub(super) fn complete(command: &Command<'_>) -> Result<Action, String> {
    let result = command
        .get("result")
        .and_then(result::parse_claim)
        .ok_or_else(|| format!("it needs the property `result`: {CLAIMS}"))?;
    Ok(Action::Complete {
        result,
        message: data(command),
        done: command.is_set("done"),
    })
}

pub(super) fn detail(command: &Command<'_>) -> Result<Action, String> {
    Ok(Action::Publish(Publish::Detail(DetailUpdate {
        id: command.required("id", "the GUID of a record")?,
        parent: command.text("parentid"),
        kind: command.text("type"),
        name: command.text("name"),
        order: command.text("order"),
        start_time: command.text("starttime"),
        finish_time: command.text("finishtime"),
        progress: command.text("progress"),
        state: command.text("state"),
        result: command.text("result"),
        operation: data(command),
    })))
}

pub(super) fn path(command: &Command<'_>) -> Result<Action, String> {
    let path = data(command);
    Ok(Action::Publish(Publish::Path { path }))
}

/// What is missing here is told where the values are looked at, since their order counts.
pub(super) fn endpoint(command: &Command<'_>) -> Result<Action, String> {
    Ok(Action::Publish(Publish::Endpoint {
        id: command.text("id").unwrap_or_default(),
        field: command.text("field").unwrap_or_default(),
        key: command.text("key"),
        value: data(command),
    }))
}
