//! What is searched: from words to versions, and what makes no sense.

use super::{Failure, RangeArgs};
use crate::search::git_problem;
use stepwell_diagnostic::Diagnostic;
use stepwell_workspace::{ObjectId, Repository};

/// The ends of a search.
pub(super) struct Ends {
    pub(super) good: Vec<ObjectId>,
    pub(super) bad: ObjectId,
}

impl Ends {
    /// Finds the ends and refuses those between which nothing can be.
    pub(super) fn of(
        repository: &Repository,
        args: &RangeArgs,
        paths: &[String],
    ) -> Result<Self, Failure> {
        if args.good.is_empty() {
            let problem = Diagnostic::error("no-good", "no version is said to be good");
            return Err(problem
                .help("name one that was good, such as the last release: `--good v1.4`")
                .into());
        }
        let resolve = |revision: &String| {
            repository
                .resolve(revision)
                .map_err(|error| git_problem(&error))
        };
        let bad = resolve(&args.bad)?;
        let mut good = Vec::new();
        for revision in &args.good {
            let id = resolve(revision)?;
            check(repository, (revision, id), (&args.bad, bad))?;
            if !good.contains(&id) {
                good.push(id);
            }
        }
        for path in paths {
            let changed = repository.ever_changed(bad, path);
            if !changed.map_err(|error| git_problem(&error))? {
                let message = format!("no version up to `{}` changes `{path}`", args.bad);
                return Err(Diagnostic::error("no-path", message)
                    .help("paths are relative to the project; patterns are as Git has them")
                    .into());
            }
        }
        Ok(Self { good, bad })
    }
}

fn check(
    repository: &Repository,
    (good, good_id): (&str, ObjectId),
    (bad, bad_id): (&str, ObjectId),
) -> Result<(), Failure> {
    if good_id == bad_id {
        let message = format!("`{good}` and `{bad}` are the same version");
        return Err(Diagnostic::error("same-version", message)
            .help("the good version is an older one")
            .into());
    }
    let reversed = repository.is_ancestor(bad_id, good_id);
    if reversed.map_err(|error| git_problem(&error))? {
        let message = format!("`{bad}`, which is to be bad, is older than `{good}`");
        return Err(Diagnostic::error("reversed", message)
            .help(format!("were they swapped? `--good {bad} --bad {good}`"))
            .help(
                "to find what repaired something, judge by hand: `stepwell bisect start --terms \
                 fixed,broken` with the broken version as `--good`",
            )
            .into());
    }
    Ok(())
}
