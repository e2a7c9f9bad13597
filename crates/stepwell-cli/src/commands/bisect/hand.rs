//! Searches in which a person says what versions are.
//!
//! Nobody's checkout is touched: the files of the version that is to be judged are put into a folder
//! of their own, in which people can build and try them.

use super::kept::{NO_SEARCH, PlaceArgs, journal_failure};
use super::means::Means;
use super::range::Ends;
use super::searching::failure;
use super::{COMMANDS, Failure, RangeArgs, shown};
use crate::commands::run::{control_runtime, own_folder};
use crate::console::Console;
use crate::exit::Exit;
use crate::search::{HandFolder, WorkFolder, git_problem};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_culprit::{
    Ends as JudgedEnds, GitArchive, Manual, Record, Request, SearchError, Settings, Turn,
};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{
    NoiseModel, OracleSummary, SearchId, SearchSummary, SkipKind, Terms, Verdict, Version,
};
use stepwell_report::hostile;
use stepwell_store::Journal;
use stepwell_workspace::{ExportLimits, Repository};

/// The most versions that one word can be said of.
const MAX_MARKED: usize = 10_000;

/// A file in which the last search stands that was left with `reset`.
const LEFT: &str = "left";

/// Begin a search in which you say yourself what versions are
#[derive(Debug, Args)]
pub(super) struct StartArgs {
    #[command(flatten)]
    range: RangeArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// Only versions that change one of these paths are judged
    #[arg(last = true, value_name = "PATHS")]
    paths: Vec<String>,
}

/// Of which versions something is said.
#[derive(Debug, Args)]
pub(super) struct MarkArgs {
    /// Versions, or all of `A..B` [default: the one that is to be judged]
    #[arg(value_name = "REV")]
    revisions: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// In which project.
#[derive(Debug, Args)]
pub(super) struct TurnArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

/// Leave a search by hand, and remove the files of its version
#[derive(Debug, Args)]
pub(super) struct ResetArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

/// What is said of a version.
pub(super) enum Word {
    Good,
    Bad,
    Skip,
    /// A word that the search has for one of them.
    Term(String),
}

/// A search by hand, with what it needs.
struct Session {
    manual: Manual,
    repository: Repository,
}

/// `stepwell bisect start`.
pub(super) fn start(args: StartArgs, console: Console) -> Result<Exit, Failure> {
    let means = Means::of_hand(args.place.project.as_deref())?;
    let repository = Repository::open(&means.project).map_err(|error| git_problem(&error))?;
    let ends = Ends::of(&repository, &args.range, &args.paths)?;
    let wanted = Wanted {
        good: ends.good.iter().map(ToString::to_string).collect(),
        bad: ends.bad.to_string(),
        paths: args.paths,
        first_parent: args.range.first_parent,
        terms: args.range.terms.unwrap_or_default(),
    };
    begin(&means, wanted, Vec::new(), console)
}

/// A search by hand that is to begin.
pub(super) struct Wanted {
    pub(super) good: Vec<String>,
    pub(super) bad: String,
    pub(super) paths: Vec<String>,
    pub(super) first_parent: bool,
    pub(super) terms: Terms,
}

/// Begins a search, in which these are said already.
pub(super) fn begin(
    means: &Means,
    wanted: Wanted,
    marks: Vec<(String, Verdict)>,
    console: Console,
) -> Result<Exit, Failure> {
    let request = Request {
        project: means.project_name(),
        good: wanted.good,
        bad: wanted.bad,
        paths: wanted.paths,
        first_parent: wanted.first_parent,
        oracle: OracleSummary {
            name: "by hand".to_owned(),
            digest: None,
            config: "{}".to_owned(),
        },
        terms: wanted.terms,
        noise: NoiseModel::Deterministic,
        command: super::command_line(),
        settings: Settings {
            ends: JudgedEnds::Neither,
            verify: 0,
            reproduce: "git show {bad}".to_owned(),
            ..Settings::default()
        },
        caller: means.to_text(),
    };
    in_session(
        &means.project,
        async |journal, archive| {
            let manual = Manual::begin(request, archive, journal).await;
            manual.map_err(failure)
        },
        async |session| {
            for (version, verdict) in marks {
                match session.manual.mark(&[(version, verdict)]).await {
                    Ok(()) => {}
                    Err(SearchError::Outside(version)) => console.note(&format!(
                        "note: {} is not between the good versions and the bad one",
                        hostile(&version)
                    )),
                    Err(error) => return Err(failure(error)),
                }
            }
            session.turn(console).await
        },
    )
}

/// Does something in a session that `open` opens.
fn in_session(
    project: &Path,
    open: impl AsyncFnOnce(Journal, Arc<GitArchive>) -> Result<Manual, Failure>,
    action: impl AsyncFnOnce(&mut Session) -> Result<Exit, Failure>,
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
                let mut session = Session { manual, repository };
                action(&mut session).await
            }
            Err(failure) => Err(failure),
        };
        journal.close().await.map_err(journal_failure)?;
        done
    })
}

/// Does something in the search that goes on.
fn in_current(
    place: &PlaceArgs,
    action: impl AsyncFnOnce(&mut Session) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let project = place.project()?;
    let current =
        super::kept::with_journal(&project, async |journal| current(&project, journal).await)?;
    in_session(
        &project,
        async |journal, archive| {
            Manual::load(current, archive, journal)
                .await
                .map_err(failure)
        },
        action,
    )
}

/// The latest search, if it was not left.
async fn current(project: &Path, journal: &Journal) -> Result<SearchId, Failure> {
    let all = Record::list(journal).await.map_err(journal_failure)?;
    let latest = all.last().map(|(id, _)| *id);
    let left = left_file(project)
        .and_then(|path| fs::read_to_string(path).ok())
        .and_then(|text| text.trim().parse::<SearchId>().ok());
    latest
        .filter(|latest| left.is_none_or(|left| left < *latest))
        .ok_or_else(|| {
            Diagnostic::error(NO_SEARCH, "no search is going on")
                .help("begin one: `stepwell bisect start --good REV --bad REV`")
                .into()
        })
}

fn left_file(project: &Path) -> Option<PathBuf> {
    Some(own_folder(project).ok()?.join("bisect").join(LEFT))
}

/// `stepwell bisect good`, `bad` and `skip`.
pub(super) fn mark(word: &Word, args: &MarkArgs, console: Console) -> Result<Exit, Failure> {
    in_current(&args.place, async |session| {
        let verdict = session.verdict(word)?;
        let mut marks = Vec::new();
        for revisions in &args.revisions {
            let found = session.repository.resolve_all(revisions, MAX_MARKED);
            let found = found.map_err(|error| git_problem(&error))?;
            marks.extend(found.iter().map(|id| (id.to_string(), verdict)));
        }
        if args.revisions.is_empty() {
            match session.manual.turn().map_err(failure)? {
                Turn::Judge { version, .. } => marks.push((version.id.clone(), verdict)),
                Turn::Concluded(_) => {
                    return Err(Diagnostic::error("ended", "the search has ended")
                        .help("`stepwell bisect undo` takes back what was said last")
                        .into());
                }
            }
        }
        session.manual.mark(&marks).await.map_err(failure)?;
        session.turn(console).await
    })
}

/// `stepwell bisect WORD`, with a word of the search.
pub(super) fn term(
    word: String,
    revisions: Vec<String>,
    console: Console,
) -> Result<Exit, Failure> {
    let args = MarkArgs {
        revisions,
        place: PlaceArgs { project: None },
    };
    let said = Word::Term(word.clone());
    mark(&said, &args, console).map_err(|failure| match failure {
        Failure::Input(problems)
            if problems
                .diagnostics
                .iter()
                .any(|problem| problem.code == NO_SEARCH) =>
        {
            let message = format!("`{word}` is no command of `stepwell bisect`");
            unknown(message, &word, &COMMANDS)
        }
        other => other,
    })
}

fn unknown(message: String, word: &str, known: &[&str]) -> Failure {
    let near = stepwell_spec::did_you_mean(word, known.iter().copied(), "");
    let problem = Diagnostic::error("unknown-term", message);
    let problem = match near.as_str() {
        "" => problem,
        near => problem.help(near),
    };
    problem
        .help("`stepwell bisect --help` lists the commands")
        .into()
}

/// `stepwell bisect next`.
pub(super) fn next(args: &TurnArgs, console: Console) -> Result<Exit, Failure> {
    in_current(&args.place, async |session| session.turn(console).await)
}

/// `stepwell bisect undo`.
pub(super) fn undo(args: &TurnArgs, console: Console) -> Result<Exit, Failure> {
    in_current(&args.place, async |session| {
        match session.manual.undo().await.map_err(failure)? {
            Some(version) => {
                console.note(&format!("taken back what was said of {}", named(&version)));
                session.turn(console).await
            }
            None => Err(Diagnostic::error(
                "nothing-said",
                "nothing was said that could be taken back",
            )
            .help("`stepwell bisect log` tells what is known")
            .into()),
        }
    })
}

/// `stepwell bisect reset`.
pub(super) fn reset(args: &ResetArgs, console: Console) -> Result<Exit, Failure> {
    let project = args.place.project()?;
    let search =
        super::kept::with_journal(&project, async |journal| current(&project, journal).await)?;
    let cannot = |error: std::io::Error| {
        let message = format!("cannot leave {search}: {error}");
        Failure::Defect(Diagnostic::error("no-folder", message))
    };
    HandFolder::of(search).remove().map_err(cannot)?;
    if let Some(path) = left_file(&project) {
        fs::write(path, format!("{search}\n")).map_err(cannot)?;
    }
    console.note(&format!(
        "left {search}; `stepwell bisect log` still tells what is known"
    ));
    Ok(Exit::Succeeded)
}

impl Session {
    fn asked(&self) -> Option<&SearchSummary> {
        self.manual.record().summary()
    }

    fn terms(&self) -> Terms {
        self.asked()
            .map(|asked| asked.terms.clone())
            .unwrap_or_default()
    }

    fn verdict(&self, word: &Word) -> Result<Verdict, Failure> {
        let terms = self.terms();
        match word {
            Word::Good => Ok(Verdict::Good),
            Word::Bad => Ok(Verdict::Bad),
            Word::Skip => Ok(Verdict::Skip(SkipKind::Other)),
            Word::Term(word) if *word == terms.old => Ok(Verdict::Good),
            Word::Term(word) if *word == terms.new => Ok(Verdict::Bad),
            Word::Term(word) => {
                let message = format!(
                    "`{word}` is no command, and the words of this search are `{}` and `{}`",
                    terms.old, terms.new
                );
                let mut known = vec![terms.old.as_str(), terms.new.as_str()];
                known.extend(COMMANDS);
                Err(unknown(message, word, &known))
            }
        }
    }

    /// Tells what comes next.
    async fn turn(&mut self, console: Console) -> Result<Exit, Failure> {
        match self.manual.turn().map_err(failure)? {
            Turn::Judge {
                version,
                left,
                rounds,
            } => {
                let path = self.files(&version)?;
                let Terms { old, new } = self.terms();
                console.out(&format!(
                    "{left} {} left after this one, about {rounds} {}\n\
                     judge {}\n\
                     its files are in {}\n\
                     then say `stepwell bisect {old}`, `stepwell bisect {new}` or `stepwell bisect skip`\n",
                    if left == 1 { "version" } else { "versions" },
                    if rounds == 1 { "round" } else { "rounds" },
                    named(&version),
                    path.display(),
                ));
                Ok(Exit::Succeeded)
            }
            Turn::Concluded(conclusion) => {
                if let Err(error) = HandFolder::of(self.manual.id()).remove() {
                    console.note(&format!(
                        "warning: cannot remove the files of a version: {error}"
                    ));
                }
                match self.manual.conclude().await.map_err(failure)? {
                    Some(finding) => {
                        let width = crate::console::width();
                        let color = console.color_out;
                        console.out(&stepwell_report::finding_text(&finding, width, color));
                    }
                    None => console.note("the search has ended"),
                }
                Ok(shown::exit(&conclusion))
            }
        }
    }

    /// The files of a version, for people.
    fn files(&self, version: &Version) -> Result<PathBuf, Failure> {
        let folder = HandFolder::of(self.manual.id());
        let made = folder.files(&self.repository, version);
        made.map_err(|why| {
            Failure::Defect(
                Diagnostic::error("no-files", format!("the files of the version: {why}"))
                    .help("set TMPDIR to a folder with room for them"),
            )
        })
    }
}

fn named(version: &Version) -> String {
    let short = super::kept::short(version);
    hostile(&format!(
        "{short} {} ({}, {})",
        version.subject, version.author.name, version.authored_at
    ))
    .into_owned()
}
