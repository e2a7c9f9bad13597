//! Publishing a version: the steps of the project, and components.
//!
//! The steps run as any run does, in a clean copy of the version's files, and are kept in the
//! project's journal. A component sees the files read only, if it was granted that.

use crate::archive::{Archive, ExportError};
use crate::lab::Prepared;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use stepwell_event::{RunId, RunResult, Version};
use stepwell_runner::{CancelLevel, Collector, Keep, Recorder, Run, StepRunner};
use stepwell_store::Journal;
use stepwell_workspace::Workspace;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// The files of a version, on disk until this is dropped.
pub(crate) async fn files<A: Archive>(
    archive: &Arc<A>,
    version: &Version,
) -> Result<A::Files, String> {
    let (archive, version) = (Arc::clone(archive), version.clone());
    let export = move || archive.export(&version, &AtomicBool::new(false));
    match tokio::task::spawn_blocking(export).await {
        Ok(Ok(files)) => Ok(files),
        Ok(Err(ExportError::Unfit(why) | ExportError::Missing(why) | ExportError::Failed(why))) => {
            Err(why)
        }
        Err(error) => Err(format!("a task of Stepwell failed: {error}")),
    }
}

/// A run that publishes a version.
pub struct Publication<R> {
    /// What is run.
    pub prepared: Prepared<R>,
    /// Its identifier.
    pub run: RunId,
    /// Where it is kept.
    pub journal: Journal,
    /// The folder of the journal, in which what it publishes is kept too.
    pub folder: PathBuf,
    /// The runtime that guests run on.
    pub guests: Handle,
    /// Ends it.
    pub cancel: watch::Receiver<CancelLevel>,
}

impl<R: StepRunner> Publication<R> {
    /// Runs it in a copy of `files`.
    ///
    /// # Errors
    ///
    /// It did not succeed: why, for people.
    pub async fn perform(self, files: &Path) -> Result<(), String> {
        let copy = self.folder.join("publishing").join(self.run.to_string());
        let copied = copy_of(files, &copy).await;
        let performed = match copied {
            Ok(()) => self.perform_in(&copy).await,
            Err(why) => Err(why),
        };
        if let Err(error) = stepwell_workspace::remove(&copy) {
            tracing::warn!(%error, folder = %copy.display(), "cannot remove what was published from");
        }
        performed
    }

    async fn perform_in(self, copy: &Path) -> Result<(), String> {
        let claim = self
            .journal
            .claim(self.run)
            .map_err(|error| words(&error))?;
        let Prepared {
            plan,
            beginning,
            steps,
            closed,
            parallel_jobs,
        } = self.prepared;
        let opening = stepwell_runner::open(&plan, &self.journal, beginning)
            .await
            .map_err(|error| words(&error))?;
        let (recorder, mut events) = Recorder::new(self.run, self.journal);
        // Nobody watches: what happens is in the journal.
        let unwatched = tokio::spawn(async move { while events.next().await.is_some() {} });
        let run = Run {
            plan,
            opening,
            workspace: copy.into(),
            steps,
            collector: Collector::new(copy, closed, &self.folder),
            keep: Keep::default(),
            recorder: Arc::new(recorder),
            guests: self.guests,
            parallel_jobs,
        };
        let result = stepwell_runner::run(run, self.cancel).await;
        unwatched.abort();
        drop(claim);
        match result.map_err(|error| words(&error))? {
            RunResult::Succeeded | RunResult::PartiallySucceeded => Ok(()),
            RunResult::Failed => Err(format!("the steps that publish failed ({})", self.run)),
            RunResult::Canceled => Err(format!(
                "the steps that publish were stopped ({})",
                self.run
            )),
        }
    }
}

/// Copies `files` into the new folder `copy`.
async fn copy_of(files: &Path, copy: &Path) -> Result<(), String> {
    let (files, copy) = (files.to_owned(), copy.to_owned());
    let work = move || {
        std::fs::create_dir_all(&copy).map_err(|error| words(&error))?;
        let workspace = Workspace::open(&files).map_err(|error| words(&error))?;
        workspace.copy_to(&copy).map_err(|error| words(&error))?;
        Ok(())
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| words(&error))?
}

/// An error with its causes.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
