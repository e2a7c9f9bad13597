//! Searches that were made before: listed, shown, and as a log.

use super::{Failure, ReportFormat, ShownArgs, searching, shown};
use crate::commands::run::{control_runtime, journal_problem, own_folder};
use crate::console::Console;
use crate::exit::Exit;
use crate::search::{WorkFolder, git_problem};
use clap::Args;
use std::path::{Path, PathBuf};
use stepwell_bisect::log_text::{Line, Log, Mark, Start};
use stepwell_culprit::{GitArchive, Record};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{
    BisectEvent, Conclusion, Observation, ProbeEnd, Purpose, SearchId, SearchSummary, Verdict,
    Version,
};
use stepwell_report::hostile;
use stepwell_store::Journal;
use stepwell_workspace::{ExportLimits, Repository};

/// The code of the diagnostic for a search that is not there.
pub(super) const NO_SEARCH: &str = "no-search";

/// Print a search as commands of `git bisect`
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// The search, or the end of its identifier [default: the latest]
    search: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// List the searches of a project
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

/// Print the report of a search
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The search, or the end of its identifier [default: the latest]
    search: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    shown: ShownArgs,
}

/// Where searches are kept.
#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    /// The directory of the project [default: the current one]
    #[arg(long, value_name = "DIR")]
    pub(super) project: Option<PathBuf>,
}

impl ShowArgs {
    pub(super) fn output(&self) -> ReportFormat {
        self.shown.output
    }
}

impl PlaceArgs {
    /// The project's folder.
    pub(super) fn project(&self) -> Result<PathBuf, Diagnostic> {
        crate::preparation::readable(self.project.as_deref().unwrap_or(Path::new(".")))
    }
}

/// Does something with the journal of a project's searches.
pub(super) fn with_journal<T>(
    project: &Path,
    action: impl AsyncFnOnce(&Journal) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let folder = own_folder(project).map_err(Failure::Defect)?;
    if !folder.is_dir() {
        return Err(no_search());
    }
    let control = control_runtime().map_err(Failure::Defect)?;
    control.block_on(async {
        let journal = Journal::open(&folder).await.map_err(journal_failure)?;
        let done = action(&journal).await;
        journal.close().await.map_err(journal_failure)?;
        done
    })
}

pub(super) fn journal_failure(error: stepwell_store::JournalError) -> Failure {
    Failure::Defect(journal_problem(&error, &error))
}

fn no_search() -> Failure {
    Diagnostic::error(NO_SEARCH, "nothing was searched in this project")
        .help("begin with `stepwell bisect --good REV`, or name the project with `--project`")
        .into()
}

/// The search that is meant: by default the latest.
pub(super) async fn named(journal: &Journal, search: Option<&str>) -> Result<SearchId, Failure> {
    let all = Record::list(journal).await.map_err(journal_failure)?;
    let Some(search) = search else {
        return all.last().map(|(id, _)| *id).ok_or_else(no_search);
    };
    let wanted = search.to_ascii_uppercase();
    let mut fitting = all.iter().filter(|(id, _)| {
        let id = id.to_string().to_ascii_uppercase();
        !wanted.is_empty() && id.ends_with(&wanted)
    });
    match (fitting.next(), fitting.next()) {
        (Some((id, _)), None) => Ok(*id),
        (Some(_), Some(_)) => {
            let message = format!("more than one search ends with `{search}`");
            Err(Diagnostic::error(NO_SEARCH, message)
                .help("give more of its identifier")
                .into())
        }
        (None, _) => {
            let message = format!("there is no search `{search}`");
            Err(Diagnostic::error(NO_SEARCH, message)
                .help("`stepwell bisect list` names them")
                .into())
        }
    }
}

/// What is known of a search.
pub(super) async fn read(journal: &Journal, search: SearchId) -> Result<Record, Failure> {
    let record = Record::read(journal, search)
        .await
        .map_err(journal_failure)?;
    record.ok_or_else(|| searching::failure(stepwell_culprit::SearchError::Unknown(search)))
}

/// `stepwell bisect show`.
pub(super) fn show(args: &ShowArgs, console: Console) -> Result<Exit, Failure> {
    let project = args.place.project()?;
    let record = with_journal(&project, async |journal| {
        let search = named(journal, args.search.as_deref()).await?;
        read(journal, search).await
    })?;
    let repository = Repository::open(&project).map_err(|error| git_problem(&error))?;
    let work = own_folder(&project).and_then(|folder| WorkFolder::make(&folder));
    let work = work.map_err(Failure::Defect)?;
    let archive = GitArchive::new(repository, work.path(), ExportLimits::default());
    let archive = archive.map_err(|error| git_problem(&error))?;
    let Some(finding) = record.finding(&archive) else {
        let message = format!("{} has not ended", record.id);
        return Err(Diagnostic::error("not-ended", message)
            .help("`stepwell bisect resume` goes on with it; `stepwell bisect log` tells what is known")
            .into());
    };
    shown::report(&finding, console, args.shown.output, &args.shown.report)
}

/// `stepwell bisect list`.
pub(super) fn list(args: &ListArgs, console: Console) -> Result<Exit, Failure> {
    let project = args.place.project()?;
    let records = with_journal(&project, async |journal| {
        let mut records = Vec::new();
        for (id, _) in Record::list(journal).await.map_err(journal_failure)? {
            records.push(read(journal, id).await?);
        }
        Ok(records)
    })?;
    for record in &records {
        let line = format!("{}  {}", record.id, in_short(record));
        console.out(&format!("{}\n", hostile(&line)));
    }
    Ok(Exit::Succeeded)
}

/// What was searched, and what came of it.
fn in_short(record: &Record) -> String {
    let asked = record.summary().map(|asked| {
        let good: Vec<&str> = asked.good.iter().map(short).collect();
        let (good, bad) = (good.join(" "), short(&asked.bad));
        format!("{good}..{bad}  {}", asked.oracle.name)
    });
    let end = match record.conclusion() {
        None => "not ended".to_owned(),
        Some(Conclusion::Culprit { version, .. }) => {
            format!("{} {}", short(version), version.subject)
        }
        Some(Conclusion::Ambiguous { suspects, .. }) => {
            format!("one of {} versions", suspects.len())
        }
        Some(Conclusion::Undecided { .. }) => "not sure enough".to_owned(),
        Some(Conclusion::NoCulprit { .. }) => "a flake".to_owned(),
        Some(Conclusion::HeadGood) => "nothing is broken".to_owned(),
        Some(Conclusion::NothingToDo) => "nothing to search".to_owned(),
        Some(Conclusion::BaseBad { .. }) => "broken before".to_owned(),
        Some(Conclusion::ChangedBack { .. }) => "changed back on another line".to_owned(),
        Some(Conclusion::UntestableEnd { .. }) => "an end cannot be judged".to_owned(),
        Some(Conclusion::Aborted { why }) => format!("ended: {why}"),
    };
    let found = record.found();
    let others = found.iter().skip(1);
    let others = others.filter(|(_, found)| matches!(found, Conclusion::Culprit { .. }));
    let more = match others.count() {
        0 => String::new(),
        1 => " and another one".to_owned(),
        more => format!(" and {more} more"),
    };
    format!("{}  {end}{more}", asked.unwrap_or_default())
}

/// The beginning of a version's identifier.
pub(super) fn short(version: &Version) -> &str {
    version.id.get(..12).unwrap_or(&version.id)
}

/// `stepwell bisect log`.
pub(super) fn log(args: &LogArgs, console: Console) -> Result<Exit, Failure> {
    let project = args.place.project()?;
    let record = with_journal(&project, async |journal| {
        let search = named(journal, args.search.as_deref()).await?;
        read(journal, search).await
    })?;
    console.out(&text(&record).to_string());
    Ok(Exit::Succeeded)
}

/// A search as commands of Git. What was taken back is not among them.
fn text(record: &Record) -> Log {
    let mut log = Log::default();
    log.lines.push(Line::Comment(record.id.to_string()));
    let mut running = std::collections::HashMap::new();
    let mut marks: Vec<(&Version, &Observation)> = Vec::new();
    let mut conclusion = None;
    for (_, event) in &record.events {
        match event {
            BisectEvent::Opened(asked) => begin(&mut log, asked),
            // What was judged once more says nothing new, and without some of the changes it is no
            // judgement of the version.
            BisectEvent::Started {
                probe,
                version,
                purpose,
                reverted,
                ..
            } if *purpose != Purpose::Verify && reverted.is_empty() => {
                running.insert(*probe, &**version);
            }
            BisectEvent::Ended { probe, end, .. } => {
                if let (Some(version), ProbeEnd::Judged { observation, .. }) =
                    (running.remove(probe), &**end)
                {
                    marks.push((version, observation));
                }
            }
            BisectEvent::Marked {
                version,
                observation,
            } => marks.push((version, observation)),
            BisectEvent::Unmarked { version } => {
                if let Some(at) = marks.iter().rposition(|(marked, _)| marked.id == *version) {
                    marks.remove(at);
                }
            }
            BisectEvent::Concluded(found) => conclusion = Some(&**found),
            _ => {}
        }
    }
    for (version, observation) in marks {
        mark(&mut log, version, observation);
    }
    if let Some(Conclusion::Culprit { version, .. }) = conclusion {
        let new = log.terms.new.clone();
        let comment = format!("first {new} commit: [{}] {}", version.id, version.subject);
        log.lines.push(Line::Comment(comment));
    }
    log.lines.extend(others(record).map(Line::Comment));
    log
}

/// What was found besides the first culprit.
fn others(record: &Record) -> impl Iterator<Item = String> {
    let found = record.found().into_iter().skip(1);
    found.filter_map(|(lens, conclusion)| {
        let Conclusion::Culprit { version, .. } = conclusion else {
            return None;
        };
        let mut comment = format!("another culprit: [{}] {}", version.id, version.subject);
        if let Some(signature) = &lens.signature {
            comment.push_str(&format!(", of {signature}"));
        }
        let reverted: Vec<&str> = lens.reverted.iter().map(short).collect();
        if !reverted.is_empty() {
            comment.push_str(&format!(", without {}", reverted.join(" and ")));
        }
        Some(comment)
    })
}

fn begin(log: &mut Log, asked: &SearchSummary) {
    log.terms = asked.terms.clone();
    let judge = match asked.oracle.is_person() {
        true => "judged by hand".to_owned(),
        false => format!("judged by {}", asked.oracle.name),
    };
    log.lines.push(Line::Comment(judge));
    log.lines.push(Line::Comment(asked.command.clone()));
    let mut revisions = vec![asked.bad.id.clone()];
    revisions.extend(asked.good.iter().map(|good| good.id.clone()));
    log.lines.push(Line::Start(Start {
        first_parent: asked.first_parent,
        revisions,
        paths: asked.paths.clone(),
    }));
}

fn mark(log: &mut Log, version: &Version, observation: &Observation) {
    let (mark, word) = match observation.verdict {
        Verdict::Good => (Mark::Good, log.terms.old.clone()),
        Verdict::Bad => (Mark::Bad, log.terms.new.clone()),
        Verdict::Skip(_) => (Mark::Skip, "skip".to_owned()),
    };
    let comment = format!("{word}: [{}] {}", version.id, version.subject);
    log.lines.push(Line::Comment(comment));
    if !observation.reason.is_empty() {
        log.lines.push(Line::Comment(observation.reason.clone()));
    }
    log.lines.push(Line::Mark(mark, vec![version.id.clone()]));
}
