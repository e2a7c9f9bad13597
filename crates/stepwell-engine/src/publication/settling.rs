//! What becomes of a publication once its files were read.

use super::{Becomes, FILE, Publication, TestRuns};
use stepwell_event::{Collected, Published, StoredFile, TestRun};

/// Failures of a test run that are kept.
const MAX_FAILURES: usize = 100;

/// What came of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// What was published.
    pub(crate) published: Vec<Published>,
    /// What to warn of.
    pub(crate) warning: Option<String>,
    /// Why the step failed because of it.
    pub(crate) failure: Option<String>,
}

impl Publication {
    /// What was read becomes what is published; an error is why there is nothing.
    pub(crate) fn settle(self, collected: Result<Collected, String>) -> Result<Settled, String> {
        Ok(match (self.becomes, collected?) {
            (Becomes::Attachment { kind, name }, Collected::Files { files }) => {
                let file = files.into_iter().next().ok_or("there is no such file")?;
                one(Published::Attachment { kind, name, file })
            }
            (Becomes::Summary { name }, Collected::Text { text, truncated }) => {
                let settled = one(Published::Summary { name, text });
                warned(
                    settled,
                    truncated,
                    "the summary is too long; its end is not shown",
                )
            }
            (Becomes::Log { name }, Collected::Text { text, truncated }) => {
                let settled = one(Published::Log { name, text });
                warned(
                    settled,
                    truncated,
                    "the log is too long; its end is not kept",
                )
            }
            (Becomes::Artifact { name, .. }, Collected::Files { files }) if files.is_empty() => {
                let why =
                    format!("nothing is uploaded as artifact `{name}`: the directory is empty");
                warned(Settled::default(), true, &why)
            }
            (Becomes::Artifact { name, folder }, Collected::Files { files }) => {
                one(Published::Artifact {
                    name,
                    folder,
                    files,
                })
            }
            (Becomes::TestResults(shown), Collected::TestResults { runs, files }) => {
                test_results(&shown, runs, files)
            }
            (Becomes::Coverage { tool }, Collected::Coverage { coverage, files }) => {
                one(Published::Coverage {
                    tool,
                    coverage,
                    files,
                })
            }
            _ => return Err("stepwell read something else than it was asked for".to_owned()),
        })
    }
}

fn one(published: Published) -> Settled {
    Settled {
        published: vec![published],
        ..Settled::default()
    }
}

fn warned(settled: Settled, when: bool, warning: &str) -> Settled {
    Settled {
        warning: when.then(|| warning.to_owned()),
        ..settled
    }
}

fn test_results(shown: &TestRuns, runs: Vec<TestRun>, files: Vec<StoredFile>) -> Settled {
    let failed: u64 = runs.iter().map(|run| run.failed).sum();
    let several = runs.len() > 1;
    let runs = (1..).zip(runs).map(|(number, mut run)| {
        run.failures.truncate(MAX_FAILURES);
        Published::TestResults {
            title: match several {
                true => format!("{}_{number}", shown.title),
                false => shown.title.clone(),
            },
            run,
            platform: shown.platform.clone(),
            configuration: shown.configuration.clone(),
        }
    });
    let attachments = files.into_iter().map(|file| Published::Attachment {
        kind: FILE.to_owned(),
        name: file.path.clone(),
        file,
    });
    let failure = match failed {
        1 => "1 test failed".to_owned(),
        _ => format!("{failed} tests failed"),
    };
    Settled {
        published: runs.chain(attachments).collect(),
        warning: None,
        failure: (shown.fail_on_failed_tests && failed > 0).then_some(failure),
    }
}
