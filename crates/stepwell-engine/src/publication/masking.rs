//! Publications without secrets.

use crate::scope::Scope;
use stepwell_event::{Detail, Published, StoredFile, TestFailure, TestRun};

/// Bytes of a text that is published as a whole.
const MAX_TEXT: usize = 1 << 20;

/// What a step published, with every text masked and bounded.
pub(crate) fn masked(published: Published, scope: &Scope) -> Published {
    let clean = |text: String| scope.clean(&text);
    let text = |text: String| scope.clean_within(&text, MAX_TEXT);
    let files = |files| stored(files, scope);
    match published {
        Published::Attachment { kind, name, file } => Published::Attachment {
            kind: clean(kind),
            name: clean(name),
            file: one(file, scope),
        },
        Published::Summary {
            name,
            text: summary,
        } => Published::Summary {
            name: clean(name),
            text: text(summary),
        },
        Published::Log { name, text: log } => Published::Log {
            name: clean(name),
            text: text(log),
        },
        Published::Artifact {
            name,
            folder,
            files: all,
        } => Published::Artifact {
            name: clean(name),
            folder: clean(folder),
            files: files(all),
        },
        Published::ArtifactLink {
            name,
            kind,
            location,
        } => Published::ArtifactLink {
            name: clean(name),
            kind: clean(kind),
            location: clean(location),
        },
        Published::TestResults {
            title,
            run,
            platform,
            configuration,
        } => Published::TestResults {
            title: clean(title),
            run: test_run(run, scope),
            platform: platform.map(clean),
            configuration: configuration.map(clean),
        },
        Published::Coverage {
            tool,
            coverage,
            files: all,
        } => Published::Coverage {
            tool,
            coverage,
            files: files(all),
        },
        Published::RunNumber { number } => Published::RunNumber {
            number: clean(number),
        },
        Published::Tag { tag } => Published::Tag { tag: clean(tag) },
        Published::Detail(detail) => Published::Detail(Detail {
            kind: clean(detail.kind),
            name: clean(detail.name),
            operation: clean(detail.operation),
            ..detail
        }),
    }
}

fn one(file: StoredFile, scope: &Scope) -> StoredFile {
    StoredFile {
        path: scope.clean(&file.path),
        ..file
    }
}

fn stored(files: Vec<StoredFile>, scope: &Scope) -> Vec<StoredFile> {
    files.into_iter().map(|file| one(file, scope)).collect()
}

fn test_run(run: TestRun, scope: &Scope) -> TestRun {
    let clean = |failure: TestFailure| TestFailure {
        name: scope.clean(&failure.name),
        message: scope.clean(&failure.message),
    };
    TestRun {
        file: scope.clean(&run.file),
        failures: run.failures.into_iter().map(clean).collect(),
        ..run
    }
}
