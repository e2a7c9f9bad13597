//! The commands that hand something on to the run.

use super::Action;
use crate::command::Command;
use stepwell_event::{Publish, TestResultsRequest};

fn data(command: &Command<'_>, what: &str) -> Result<String, String> {
    if command.data.trim().is_empty() {
        return Err(format!("it needs {what} as its data"));
    }
    Ok(command.data.clone().into_owned())
}

fn publish(publish: Publish) -> Result<Action, String> {
    Ok(Action::Publish(publish))
}

/// The parts of a list with commas between them.
fn list(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(super) fn attachment(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::Attachment {
        kind: command.required("type", "the kind of attachment")?,
        name: command.required("name", "what the attachment is called")?,
        path: data(command, "a file")?,
    })
}

pub(super) fn summary(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::Summary {
        path: data(command, "a file")?,
    })
}

pub(super) fn file(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::File {
        path: data(command, "a file")?,
    })
}

pub(super) fn log(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::Log {
        path: data(command, "a file")?,
    })
}

pub(super) fn artifact(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::Artifact {
        name: command.required("artifactname", "the artifact's name")?,
        folder: command.text("containerfolder"),
        path: data(command, "a file or directory")?,
    })
}

/// Azure's documentation calls the property `type`, its agent `artifacttype`.
pub(super) fn link(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::ArtifactLink {
        name: command.required("artifactname", "the artifact's name")?,
        kind: command
            .text("artifacttype")
            .or_else(|| command.text("type")),
        location: data(command, "a location")?,
    })
}

pub(super) fn number(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::RunNumber {
        number: data(command, "a run number")?,
    })
}

pub(super) fn tag(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::Tag {
        tag: data(command, "a tag")?,
    })
}

pub(super) fn results(command: &Command<'_>) -> Result<Action, String> {
    let files = match command.data.trim() {
        "" => command.get("resultfiles").unwrap_or_default(),
        data => data,
    };
    publish(Publish::TestResults(TestResultsRequest {
        format: command.required("type", "the format of the results")?,
        files: list(files),
        merge: command.flag("mergeresults", true),
        platform: command.text("platform"),
        configuration: command.text("config"),
        title: command.text("runtitle"),
        attach_files: command.flag("publishrunattachments", true),
        fail_on_failed_tests: command.is_set("failtaskonfailedtests"),
    }))
}

pub(super) fn coverage(command: &Command<'_>) -> Result<Action, String> {
    publish(Publish::Coverage {
        tool: command.required("codecoveragetool", "the tool that wrote the summary")?,
        summary: command.required("summaryfile", "the summary file")?,
        report_directory: command.text("reportdirectory"),
        additional_files: list(
            command
                .get("additionalcodecoveragefiles")
                .unwrap_or_default(),
        ),
    })
}

/// Nobody is told: what a step measures about itself stays on this machine.
pub(super) fn telemetry(command: &Command<'_>) -> Result<Action, String> {
    command.required("area", "the area of what is measured")?;
    command.required("feature", "the feature that is measured")?;
    let text = data(command, "a JSON object")?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text)
        .map(|_| Action::Nothing)
        .map_err(|_| "its data is not a JSON object".to_owned())
}
