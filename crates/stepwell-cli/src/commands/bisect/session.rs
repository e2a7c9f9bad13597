//! Which search people go on with by hand, opened with what that needs.

use super::Failure;
use super::kept::{NO_SEARCH, PlaceArgs, journal_failure, named, with_journal};
use super::searching::failure;
use crate::commands::run::{control_runtime, own_folder};
use crate::exit::Exit;
use crate::search::{HandFolder, WorkFolder, git_problem};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_culprit::{GitArchive, Manual, Record, SearchError};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{SearchId, Terms, Verdict};
use stepwell_report::hostile;
use stepwell_store::Journal;
use stepwell_workspace::{ExportLimits, Repository};

/// A file in which the last search stands that was left with `reset`.
const LEFT: &str = "left";

/// Versions that are named in a problem.
const NAMED: usize = 5;

/// Of which search.
#[derive(Debug, Args)]
pub(super) struct WhichArgs {
    /// The search, or the end of its identifier [default: the latest that has not ended]
    #[arg(long, value_name = "SEARCH")]
    search: Option<String>,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
}

impl WhichArgs {
    /// The one that goes on, of the project in this folder.
    pub(super) fn current(project: Option<PathBuf>) -> Self {
        Self {
            search: None,
            place: PlaceArgs { project },
        }
    }
}

/// A search that people say something of, with what it needs.
pub(super) struct Session {
    pub(super) manual: Manual,
    pub(super) repository: Repository,
}

impl Session {
    /// Does something in a session that `open` opens.
    pub(super) fn opened(
        project: &Path,
        open: impl AsyncFnOnce(Journal, Arc<GitArchive>) -> Result<Manual, Failure>,
        action: impl AsyncFnOnce(&mut Self) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let repository = Repository::open(project).map_err(|error| git_problem(&error))?;
        let folder = own_folder(project).map_err(Failure::Defect)?;
        let control = control_runtime().map_err(Failure::Defect)?;
        let work = WorkFolder::make(&folder).map_err(Failure::Defect)?;
        let archive = GitArchive::new(repository.clone(), work.path(), ExportLimits::default());
        let archive = Arc::new(archive.map_err(|error| git_problem(&error))?);
        control.block_on(async {
            let journal = crate::commands::run::open_own(&folder)
                .await
                .map_err(journal_failure)?;
            let done = match open(journal.clone(), archive).await {
                Ok(manual) => {
                    let mut session = Self { manual, repository };
                    action(&mut session).await
                }
                Err(failure) => Err(failure),
            };
            journal.close().await.map_err(journal_failure)?;
            done
        })
    }

    /// Does something in the search that is meant.
    pub(super) fn of(
        which: &WhichArgs,
        action: impl AsyncFnOnce(&mut Self) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let project = which.place.project()?;
        let search = with_journal(&project, async |journal| match &which.search {
            Some(search) => named(journal, Some(search)).await,
            None => current(&project, journal).await,
        })?;
        Self::opened(
            &project,
            async |journal, archive| {
                let loaded = Manual::load(search, archive, journal).await;
                loaded.map_err(failure)
            },
            action,
        )
    }

    /// What the two behaviours are called.
    pub(super) fn terms(&self) -> Terms {
        let asked = self.manual.record().summary();
        asked.map(|asked| asked.terms.clone()).unwrap_or_default()
    }

    /// Why something could not be said, in the words of the search.
    pub(super) fn failure(&self, error: SearchError) -> Failure {
        let Terms { old, new } = self.terms();
        let word = |verdict: Verdict| match verdict {
            Verdict::Good => format!("`{old}`"),
            Verdict::Bad => format!("`{new}`"),
            Verdict::Skip(_) => "untestable".to_owned(),
        };
        match &error {
            SearchError::End(version) => {
                let asked = self.manual.record().summary();
                let is_bad = asked.is_some_and(|asked| asked.bad.id == version.id);
                let taken = word(if is_bad { Verdict::Bad } else { Verdict::Good });
                let name = super::hand::named(version);
                let message =
                    format!("{name} is an end of this search, which takes it to be {taken}");
                Diagnostic::error("an-end", message)
                    .help(
                        "begin again between other ends: `stepwell bisect start --good REV --bad REV`",
                    )
                    .into()
            }
            SearchError::Contradictory(said) => {
                let is = |(version, verdict): &(_, Verdict)| {
                    format!("{} is {}", super::hand::named(version), word(*verdict))
                };
                let told: Vec<String> = said.iter().take(NAMED).map(is).collect();
                let more = match said.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(", and {more} more"),
                };
                let message = format!("this cannot all be right: {}{more}", told.join(", "));
                Diagnostic::error("contradictory", message)
                    .help(
                        "say of one of them what it is, which replaces what was said before; if all of it \
                         is so, the change may be outside of the paths",
                    )
                    .help("`stepwell bisect undo` takes back what was said last")
                    .into()
            }
            _ => failure(error),
        }
    }
}

/// The latest search that goes on: by hand, or stopped in the middle. Nobody has a hand in one that
/// another process is at work on. If there is none, the latest, which what is said opens again. None
/// that was left.
async fn current(project: &Path, journal: &Journal) -> Result<SearchId, Failure> {
    let all = Record::list(journal).await.map_err(journal_failure)?;
    let left = left_file(project)
        .and_then(|path| fs::read_to_string(path).ok())
        .and_then(|text| text.trim().parse::<SearchId>().ok());
    let known = || {
        let known = all.iter().rev();
        known.filter(|(id, _)| left.is_none_or(|left| left < *id))
    };
    for (search, _) in known().filter(|(_, ended)| !ended) {
        let record = Record::read(journal, *search)
            .await
            .map_err(journal_failure)?;
        let goes_on = record.is_some_and(|it| it.is_by_hand() || it.conclusion().is_none());
        if goes_on && journal.claim_search(*search).is_ok() {
            return Ok(*search);
        }
    }
    known().next().map(|(id, _)| *id).ok_or_else(|| {
        Diagnostic::error(NO_SEARCH, "no search is going on")
            .help("begin one: `stepwell bisect start --good REV --bad REV`")
            .into()
    })
}

/// Leaves the search that goes on, and all before it; says which. Its files are removed.
pub(super) fn leave(place: &PlaceArgs) -> Result<SearchId, Failure> {
    let project = place.project()?;
    let (search, latest) = with_journal(&project, async |journal| {
        let search = current(&project, journal).await?;
        let all = Record::list(journal).await.map_err(journal_failure)?;
        Ok((search, all.last().map_or(search, |(latest, _)| *latest)))
    })?;
    let cannot = |error: std::io::Error| {
        let message = format!("cannot leave {search}: {error}");
        Failure::Defect(Diagnostic::error("no-folder", message))
    };
    HandFolder::of(search).remove().map_err(cannot)?;
    if let Some(path) = left_file(&project) {
        fs::write(path, format!("{latest}\n")).map_err(cannot)?;
    }
    Ok(search)
}

fn left_file(project: &Path) -> Option<PathBuf> {
    Some(own_folder(project).ok()?.join("bisect").join(LEFT))
}

/// Removes the files of all searches before a new one begins; says of which there were some.
pub(super) async fn make_room(journal: &Journal) -> Result<Vec<SearchId>, Failure> {
    let all = Record::list(journal).await.map_err(journal_failure)?;
    let mut removed = Vec::new();
    for (search, _) in all {
        let was_there = HandFolder::of(search).remove().map_err(|error| {
            let message = format!("cannot remove the files of {search}: {error}");
            Failure::Defect(Diagnostic::error("no-folder", hostile(&message)))
        })?;
        removed.extend(was_there.then_some(search));
    }
    Ok(removed)
}
