//! What steps published, as text.

use stepwell_event::{Published, StoredFile};

/// What was published, in a line.
pub(crate) fn publication(published: &Published) -> String {
    match published {
        Published::Attachment { kind, name, file } => {
            format!("attached {name:?} of kind {kind:?}: {}", words(file))
        }
        Published::Summary { name, text } => format!("published the summary {name:?}: {text:?}"),
        Published::Log { name, text } => format!("kept the log {name:?}: {text:?}"),
        Published::Artifact {
            name,
            folder,
            files,
        } => format!("published artifact {name:?} in {folder:?}: {}", all(files)),
        Published::ArtifactLink {
            name,
            kind,
            location,
        } => format!("linked artifact {name:?} to {location:?}, a {kind:?}"),
        Published::TestResults {
            title,
            run,
            platform,
            configuration,
        } => {
            let mut text = format!(
                "published test results {title:?} of {:?}: {} passed, {} failed, {} skipped in {} ms",
                run.file, run.passed, run.failed, run.skipped, run.duration_ms
            );
            for (what, value) in [("on", platform), ("in", configuration)] {
                if let Some(value) = value {
                    text += &format!(", {what} {value:?}");
                }
            }
            for failure in &run.failures {
                text += &format!("; {:?} said {:?}", failure.name, failure.message);
            }
            text
        }
        Published::Coverage {
            tool,
            coverage,
            files,
        } => format!(
            "published coverage by {tool:?}: {}/{} lines, {}/{} branches, {}",
            coverage.lines_covered,
            coverage.lines,
            coverage.branches_covered,
            coverage.branches,
            all(files)
        ),
        Published::RunNumber { number } => format!("changed the run's number to {number:?}"),
        Published::Tag { tag } => format!("tagged the run {tag:?}"),
        Published::Detail(detail) => format!(
            "detailed {:?} {:?}: {:?} at {}% {:?}, result {:?}",
            detail.kind,
            detail.name,
            detail.state,
            detail.progress,
            detail.operation,
            detail.result
        ),
    }
}

fn all(files: &[StoredFile]) -> String {
    match files.is_empty() {
        true => "no files".to_owned(),
        false => files.iter().map(words).collect::<Vec<_>>().join(", "),
    }
}

fn words(file: &StoredFile) -> String {
    format!("{:?} ({} bytes)", file.path, file.bytes)
}
