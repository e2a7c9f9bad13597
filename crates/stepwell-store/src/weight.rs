//! How much memory what is appended holds, for the bound of the backlog.

use crate::queue::Appended;
use stepwell_event::{Entry, Envelope, Published, RunEvent, StepRequest, StoredFile};

/// About the bytes that it holds.
pub(crate) fn weight(appended: &Appended) -> usize {
    match appended {
        Appended::Run(envelope) => of_run(envelope),
        // Both are text of a bounded length, and few.
        Appended::Search(row) => row.body.len() + size_of::<Appended>(),
        Appended::Verdict { body, .. } => body.len() + size_of::<Appended>(),
    }
}

/// About the bytes that an envelope holds, without looking into the small parts.
fn of_run(envelope: &Envelope) -> usize {
    let text = match &envelope.event {
        RunEvent::Line { text, .. } => text.len(),
        RunEvent::RunStarted { snapshot, .. } => {
            let templates = snapshot.templates.iter().map(|(_, text)| text.len());
            snapshot.text.len() + templates.sum::<usize>()
        }
        RunEvent::StepInvoked { request, .. } => size_of::<StepRequest>() + requested(request),
        RunEvent::IssueReported { issue, .. } => issue.message.len(),
        RunEvent::Progressed { message, .. } => message.len(),
        RunEvent::VariableSet { value, .. } => value.as_ref().map_or(0, String::len),
        RunEvent::Published { published, .. } => size_of::<Published>() + texts(published),
        RunEvent::StepRetried { reason, .. } => reason.len(),
        RunEvent::StageStarted { .. }
        | RunEvent::StageFinished { .. }
        | RunEvent::JobExpanded { .. }
        | RunEvent::JobStarted { .. }
        | RunEvent::StepStarted { .. }
        | RunEvent::StepFinished { .. }
        | RunEvent::StepKept { .. }
        | RunEvent::JobFinished { .. }
        | RunEvent::CancelRequested { .. }
        | RunEvent::RunFinished { .. } => 0,
    };
    text + size_of::<Envelope>()
}

fn requested(request: &StepRequest) -> usize {
    let pairs = |pairs: &[(String, String)]| {
        let bytes = pairs.iter().map(|(name, value)| name.len() + value.len());
        size_of_val(pairs) + bytes.sum::<usize>()
    };
    let given = match &request.entry {
        Entry::Task { inputs } => pairs(inputs),
        Entry::Command { args } => {
            size_of_val(&args[..]) + args.iter().map(String::len).sum::<usize>()
        }
        // No step of a run.
        Entry::Bisect(_) => 0,
    };
    given + pairs(&request.env)
}

fn texts(published: &Published) -> usize {
    match published {
        Published::Attachment { kind, name, file } => kind.len() + name.len() + file.path.len(),
        Published::Summary { name, text } | Published::Log { name, text } => {
            name.len() + text.len()
        }
        Published::Artifact { name, files, .. } => name.len() + list(files),
        Published::ArtifactLink { name, location, .. } => name.len() + location.len(),
        Published::TestResults { title, run, .. } => {
            let failures = run.failures.iter();
            let failures =
                failures.map(|test| size_of_val(test) + test.name.len() + test.message.len());
            title.len() + failures.sum::<usize>()
        }
        Published::Coverage { tool, files, .. } => tool.len() + list(files),
        Published::RunNumber { number } => number.len(),
        Published::Tag { tag } => tag.len(),
        Published::Detail(detail) => detail.name.len() + detail.operation.len(),
    }
}

fn list(files: &[StoredFile]) -> usize {
    let paths = files.iter().map(|file| file.path.len());
    size_of_val(files) + paths.sum::<usize>()
}
