//! Searches that an oracle judges and that were stopped, or could not be ended, gone on with.

use super::kept::{NO_SEARCH, PlaceArgs, journal_failure, named, read, with_journal};
use super::means::{Judging, Means};
use super::searching::{self, Task, Telling};
use super::workshop::Workshop;
use super::{Failure, ReportFormat, ShownArgs};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::search::git_problem;
use clap::Args;
use stepwell_culprit::Record;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::Conclusion;
use stepwell_report::hostile;
use stepwell_store::Journal;
use stepwell_workspace::Repository;

/// Go on with a search that has not ended; what was judged is not judged again
#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// The search, or the end of its identifier [default: the latest that has not ended]
    search: Option<String>,
    /// Give up after so many trials, those before among them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_trials: Option<u32>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    shown: ShownArgs,
}

impl ResumeArgs {
    pub(super) fn output(&self) -> ReportFormat {
        self.shown.output
    }
}

/// `stepwell bisect resume`.
pub(super) fn resume(
    args: ResumeArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let project = args.place.project()?;
    let (record, means) = with_journal(&project, async |journal| match &args.search {
        Some(search) => read(journal, named(journal, Some(search)).await?)
            .await
            .and_then(with_means),
        None => latest_open(journal).await,
    })?;
    if means.judge == Judging::Hand {
        let message = format!("in {} you say yourself what versions are", record.id);
        return Err(Diagnostic::error("by-hand", message)
            .help("`stepwell bisect next` names the version that is to be judged")
            .into());
    }
    affordable(&record, args.max_trials)?;
    let repository = Repository::open(&means.project).map_err(|error| git_problem(&error))?;
    let quiet = args.shown.output == ReportFormat::Json;
    let workshop = Workshop::open(&means, repository, environment, console, quiet)?;
    changed(&record, &means, &workshop)?;
    let telling = Telling {
        console,
        output: args.shown.output,
        report: args.shown.report,
    };
    let task = Task::Resume {
        search: record.id,
        max_trials: args.max_trials,
    };
    searching::drive(workshop, task, &record.settings, telling)
}

/// The latest search that an oracle judges and that has not ended.
async fn latest_open(journal: &Journal) -> Result<(Record, Means), Failure> {
    let all = Record::list(journal).await.map_err(journal_failure)?;
    for (search, _) in all.iter().rev().filter(|(_, ended)| !ended) {
        let known = with_means(read(journal, *search).await?)?;
        if known.1.judge != Judging::Hand {
            return Ok(known);
        }
    }
    Err(Diagnostic::error(NO_SEARCH, "all searches have ended")
        .help("`stepwell bisect show` tells what the latest found")
        .into())
}

fn with_means(record: Record) -> Result<(Record, Means), Failure> {
    match serde_json::from_str(&record.caller) {
        Ok(means) => Ok((record, means)),
        Err(_) => {
            let message = format!("{} was begun by another version of Stepwell", record.id);
            Err(Diagnostic::error(NO_SEARCH, message)
                .help("begin it again")
                .into())
        }
    }
}

/// Refuses to go on with a budget that is spent already.
fn affordable(record: &Record, max_trials: Option<u32>) -> Result<(), Failure> {
    let was_spent = matches!(record.conclusion(), Some(Conclusion::Undecided { .. }));
    let spent = record.spent();
    match max_trials.or(record.settings.max_trials) {
        Some(most) if most <= spent && (was_spent || max_trials.is_some()) => {
            let message =
                format!("the search may take {most} trials, and {spent} were made already");
            let more = spent.saturating_mul(2);
            Err(Diagnostic::error("spent", message)
                .help(format!(
                    "allow more in all: `stepwell bisect resume --max-trials {more}`"
                ))
                .into())
        }
        _ => Ok(()),
    }
}

/// Refuses to go on with another oracle or pipeline than those that judged so far.
fn changed(record: &Record, means: &Means, workshop: &Workshop) -> Result<(), Failure> {
    let refused = |what: String| {
        let message = format!("{what} changed since {} was begun", record.id);
        Err(Diagnostic::error("changed-oracle", message)
            .help("judgements of two do not mix: begin a new search")
            .into())
    };
    let then = record.summary().map(|asked| &asked.oracle);
    if let Some(then) = then.filter(|then| **then != workshop.summary()) {
        let name = hostile(&then.name).into_owned();
        return refused(format!("the oracle `{name}` or what it is told has"));
    }
    match &means.fingerprint {
        Some(then) if *then != workshop.fingerprint() => {
            refused("the pipeline, a task in it or another oracle of the project has".to_owned())
        }
        _ => Ok(()),
    }
}
