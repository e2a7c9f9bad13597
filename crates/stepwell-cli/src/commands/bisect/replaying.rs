//! Searches by hand from logs, which may be those of `git bisect`.

use super::hand::{Wanted, begin};
use super::kept::PlaceArgs;
use super::means::Means;
use super::range::Ends;
use super::{Failure, RangeArgs};
use crate::console::Console;
use crate::exit::Exit;
use crate::search::git_problem;
use clap::Args;
use std::fs;
use std::path::PathBuf;
use stepwell_bisect::log_text::{Line, Log, Mark};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{SkipKind, Terms, Verdict};
use stepwell_workspace::Repository;

/// Begin a search by hand with what a log says, also one of `git bisect`
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The log
    file: PathBuf,
    #[command(flatten)]
    place: PlaceArgs,
}

/// `stepwell bisect replay`.
pub(super) fn replay(args: ReplayArgs, console: Console) -> Result<Exit, Failure> {
    let means = Means::of_hand(args.place.project.as_deref())?;
    let name = args.file.display().to_string();
    let wrong = |why: String| {
        let problem = Diagnostic::error("no-log", format!("`{name}`: {why}"));
        Failure::from(
            problem.help("a log is what `stepwell bisect log` or `git bisect log` prints"),
        )
    };
    let text = fs::read_to_string(&args.file).map_err(|error| wrong(error.to_string()))?;
    let log = Log::parse(&text).map_err(|error| wrong(error.to_string()))?;
    let repository = Repository::open(&means.project).map_err(|error| git_problem(&error))?;
    let terms = Terms::checked(&log.terms.new, &log.terms.old).map_err(&wrong)?;
    let replayed = replayed(&repository, &log, terms)?;
    let (wanted, marks) =
        replayed.ok_or_else(|| wrong("it names no bad and good version".to_owned()))?;
    begin(&means, wanted, marks, console)
}

/// What is said of versions.
type Marks = Vec<(String, Verdict)>;

/// The search that a log begins, and what it says of versions besides.
fn replayed(
    repository: &Repository,
    log: &Log,
    terms: Terms,
) -> Result<Option<(Wanted, Marks)>, Failure> {
    let resolve = |revision: &String| {
        let id = repository
            .resolve(revision)
            .map_err(|error| git_problem(&error))?;
        Ok::<_, Failure>(id.to_string())
    };
    let (mut bad, mut good) = (None, Vec::new());
    let (mut paths, mut first_parent) = (Vec::new(), false);
    let mut marks = Vec::new();
    for line in &log.lines {
        match line {
            Line::Comment(_) => {}
            Line::Start(start) => {
                let mut revisions = start.revisions.iter().map(&resolve);
                bad = revisions.next().transpose()?;
                good = revisions.collect::<Result<_, _>>()?;
                paths = start.paths.clone();
                first_parent = start.first_parent;
                marks.clear();
            }
            Line::Mark(mark, revisions) => {
                for revision in revisions {
                    let id = resolve(revision)?;
                    let (is_bad, is_good) = (bad.as_ref() == Some(&id), good.contains(&id));
                    match mark {
                        // Until both ends are known, what is said makes them.
                        Mark::Bad if bad.is_none() => bad = Some(id),
                        Mark::Good if good.is_empty() || bad.is_none() => good.push(id),
                        // It is said of an end what it is, or that nobody has to judge it.
                        Mark::Bad if is_bad => {}
                        Mark::Good if is_good => {}
                        Mark::Skip if is_bad || is_good => {}
                        Mark::Good => marks.push((id, Verdict::Good)),
                        Mark::Bad => marks.push((id, Verdict::Bad)),
                        Mark::Skip => marks.push((id, Verdict::Skip(SkipKind::Other))),
                    }
                }
            }
        }
    }
    let (Some(bad), false) = (bad, good.is_empty()) else {
        return Ok(None);
    };
    let range = RangeArgs {
        good,
        bad,
        first_parent,
        terms: None,
    };
    // A log is no better than what people type.
    let ends = Ends::of(repository, &range, &paths)?;
    let wanted = Wanted {
        good: ends.good.iter().map(ToString::to_string).collect(),
        bad: ends.bad.to_string(),
        paths,
        first_parent,
        terms,
    };
    Ok(Some((wanted, marks)))
}
