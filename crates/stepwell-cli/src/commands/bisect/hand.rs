//! Searches in which a person says what versions are.
//!
//! Nobody's checkout is touched: the files of the version that is to be judged are put into a folder
//! of their own, in which people can build and try them.

use super::kept::{NO_SEARCH, PlaceArgs};
use super::means::Means;
use super::range::Ends;
use super::searching::failure;
use super::session::{Session, WhichArgs, leave, make_room};
use super::{Failure, RangeArgs, shown};
use crate::console::Console;
use crate::exit::Exit;
use crate::search::{HandFolder, git_problem};
use clap::Args;
use std::path::PathBuf;
use stepwell_culprit::{Ends as JudgedEnds, Manual, Request, SearchError, Settings, Turn};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{NoiseModel, OracleSummary, SkipKind, Terms, Verdict, Version};
use stepwell_report::hostile;
use stepwell_workspace::Repository;

/// The most versions that one word can be said of.
const MAX_MARKED: usize = 10_000;

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
    which: WhichArgs,
}

/// In which search.
#[derive(Debug, Args)]
pub(super) struct TurnArgs {
    #[command(flatten)]
    which: WhichArgs,
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
        caller: means.as_text(),
    };
    Session::opened(
        &means.project,
        async |journal, archive| {
            for search in make_room(&journal).await? {
                console.note(&format!(
                    "note: the files of {search} were removed; `stepwell bisect next --search {search}` goes \
                     back to it"
                ));
            }
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
                    Err(error) => return Err(session.failure(error)),
                }
            }
            session.turn(console).await
        },
    )
}

/// `stepwell bisect good`, `bad` and `skip`.
pub(super) fn mark(word: &Word, args: &MarkArgs, console: Console) -> Result<Exit, Failure> {
    Session::of(&args.which, async |session| {
        let verdict = session.verdict(word)?;
        let mut marks = Vec::new();
        for revisions in &args.revisions {
            let meant = session.meant(revisions, verdict, console)?;
            marks.extend(meant.into_iter().map(|id| (id, verdict)));
        }
        if args.revisions.is_empty() {
            let id = session.asked()?;
            marks.push((id, verdict));
        }
        let marked = session.manual.mark(&marks).await;
        marked.map_err(|error| session.failure(error))?;
        session.turn(console).await
    })
}

/// `stepwell bisect WORD`, with a word of the search.
pub(super) fn term(
    word: String,
    revisions: Vec<String>,
    project: Option<PathBuf>,
    console: Console,
) -> Result<Exit, Failure> {
    let args = MarkArgs {
        revisions,
        which: WhichArgs::current(project),
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
            unknown(message, &word, &Terms::COMMANDS)
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
    Session::of(&args.which, async |session| session.turn(console).await)
}

/// `stepwell bisect undo`.
pub(super) fn undo(args: &TurnArgs, console: Console) -> Result<Exit, Failure> {
    Session::of(&args.which, async |session| {
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
    let search = leave(&args.place)?;
    console.note(&format!(
        "left {search}; `stepwell bisect log` still tells what is known"
    ));
    Ok(Exit::Succeeded)
}

impl Session {
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
                known.extend(Terms::COMMANDS);
                Err(unknown(message, word, &known))
            }
        }
    }

    /// What one word on the command line means: a version, or those of a range that are searched.
    fn meant(
        &self,
        revisions: &str,
        verdict: Verdict,
        console: Console,
    ) -> Result<Vec<String>, Failure> {
        let found = self.repository.resolve_all(revisions, MAX_MARKED + 1);
        let found = found.map_err(|error| git_problem(&error))?;
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        if !revisions.contains("..") {
            return Ok(found);
        }
        if found.len() > MAX_MARKED {
            let message = format!("there are more than {MAX_MARKED} versions in `{revisions}`");
            return Err(Diagnostic::error("too-many", message)
                .help("say it of a shorter range")
                .into());
        }
        // That an end is not to be judged is true already.
        let is_skip = matches!(verdict, Verdict::Skip(_));
        let (meant, others): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|id| self.manual.knows(id) && !(is_skip && self.manual.is_end(id)));
        if meant.is_empty() {
            let message = format!("no version in `{revisions}` is searched");
            return Err(Diagnostic::error("outside", message)
                .help("only versions between the good ones and the bad one are searched")
                .into());
        }
        if !others.is_empty() {
            console.note(&format!(
                "note: {} of the {} versions in `{}` are not searched",
                others.len(),
                others.len() + meant.len(),
                hostile(revisions),
            ));
        }
        Ok(meant)
    }

    /// The version that is to be judged.
    fn asked(&self) -> Result<String, Failure> {
        let search = self.manual.id();
        let turn = self.manual.turn().map_err(|error| self.failure(error))?;
        let problem = match turn {
            Turn::Judge { version, .. } => return Ok(version.id.clone()),
            Turn::Oracle => {
                Diagnostic::error("no-version", format!("an oracle judges in {search}"))
                    .help("to correct it, say of which version: `stepwell bisect good REV`")
                    .help("`stepwell bisect start` begins a search in which you judge")
            }
            Turn::Concluded(_) => Diagnostic::error("ended", format!("{search} has ended"))
                .help("`stepwell bisect undo` takes back what was said last")
                .help("to correct what was said of a version, name it: `stepwell bisect good REV`"),
        };
        Err(problem.into())
    }

    /// Tells what comes next.
    async fn turn(&mut self, console: Console) -> Result<Exit, Failure> {
        let search = self.manual.id();
        let turn = self.manual.turn().map_err(|error| self.failure(error))?;
        match turn {
            Turn::Oracle => {
                console.note(&format!(
                    "an oracle judges in {search}: `stepwell bisect resume {search}` goes on with it"
                ));
                Ok(Exit::Succeeded)
            }
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
                let concluded = self.manual.conclude().await;
                match concluded.map_err(|error| self.failure(error))? {
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

/// A version as people know it.
pub(super) fn named(version: &Version) -> String {
    let short = super::kept::short(version);
    hostile(&format!(
        "{short} {} ({}, {})",
        version.subject, version.author.name, version.authored_at
    ))
    .into_owned()
}
