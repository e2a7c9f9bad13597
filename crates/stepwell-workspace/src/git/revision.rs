//! What a user calls a version.

use super::{GitError, ObjectId, Repository, RevisionProblem};

/// The most branches and tags that are compared with a name that nothing has.
const MAX_NAMES: usize = 10_000;

/// The longest name that is compared; what a comparison costs grows with both.
const MAX_NAME: usize = 255;

impl Repository {
    /// The commit that a revision names: a branch, a tag, a hash or its beginning, `HEAD~3`, and
    /// what else Git has.
    ///
    /// # Errors
    ///
    /// It names none, more than one, or something else.
    pub fn resolve(&self, revision: &str) -> Result<ObjectId, GitError> {
        let wrong = |problem| GitError::Revision {
            revision: revision.to_owned(),
            problem,
        };
        let malformed = revision.is_empty()
            || revision.starts_with(['-', '^'])
            || revision.contains("..")
            || revision.contains(char::is_control);
        if malformed {
            return Err(wrong(RevisionProblem::Malformed));
        }
        let verify = |revision: &str| {
            self.git
                .id(&["rev-parse", "--verify", "--end-of-options", revision])
        };
        let failure = match verify(&format!("{revision}^{{commit}}")) {
            Ok(id) => return Ok(id),
            Err(failure @ (GitError::Failed { .. } | GitError::Missing { .. })) => failure,
            Err(error) => return Err(error),
        };
        if failure.to_string().contains("is ambiguous") {
            return Err(wrong(RevisionProblem::Ambiguous));
        }
        let Ok(id) = verify(revision) else {
            return Err(wrong(RevisionProblem::Unknown {
                similar: self.similar(revision),
                shallow: self.facts.shallow,
            }));
        };
        match self.git.text(&["cat-file", "-t", &id.to_string()]) {
            Ok(kind) if matches!(kind.trim(), "tree" | "blob") => {
                let kind = kind.trim().to_owned();
                Err(wrong(RevisionProblem::NotACommit { kind }))
            }
            // A tag of something else, or of something that is not there.
            Ok(kind) if kind.trim() == "tag" => Err(match failure {
                missing @ GitError::Missing { .. } => missing,
                _ => wrong(RevisionProblem::NotACommit {
                    kind: "tag".to_owned(),
                }),
            }),
            _ => Err(self.git.missing(&id.to_string())),
        }
    }

    /// The commits that a user means: one revision, or with `A..B` all that `B` has and `A` has not,
    /// the newest first and at most `max`.
    ///
    /// # Errors
    ///
    /// As for [`Repository::resolve`], and when Git fails.
    pub fn resolve_all(&self, revisions: &str, max: usize) -> Result<Vec<ObjectId>, GitError> {
        let Some((old, new)) = revisions.split_once("..") else {
            return Ok(vec![self.resolve(revisions)?]);
        };
        // As for Git, an end that is left out is what is checked out.
        let end = |name: &str| self.resolve(if name.is_empty() { "HEAD" } else { name });
        let (old, new) = (end(old)?, end(new)?);
        let not_old = format!("^{old}");
        let (max, new) = (format!("--max-count={max}"), new.to_string());
        let mut stream = self
            .git
            .stream(&["rev-list", &max, &new, &not_old, "--"], Vec::new())?;
        let mut ids = Vec::new();
        while let Some(line) = stream.record(b'\n', 64)? {
            ids.push(ObjectId::parse(&line).ok_or_else(|| stream.garbled())?);
        }
        stream.finish()?;
        Ok(ids)
    }

    /// The branch that is checked out, if one is.
    #[must_use]
    pub fn checked_out(&self) -> Option<String> {
        let name = self
            .git
            .text(&["symbolic-ref", "--quiet", "--short", "HEAD"]);
        let name = name.ok()?.trim_end_matches('\n').to_owned();
        (!name.is_empty()).then_some(name)
    }

    /// The branch or tag whose name differs the least from `name`, if that is little.
    fn similar(&self, name: &str) -> Option<String> {
        if name.len() > MAX_NAME {
            return None;
        }
        let count = format!("--count={MAX_NAMES}");
        let format = "--format=%(refname:short)";
        let places = ["refs/heads", "refs/tags", "refs/remotes"];
        let mut args = vec!["for-each-ref", &count, format];
        args.extend(places);
        let names = self.git.text(&args).ok()?;
        let near = names
            .lines()
            .filter(|other| other.len() <= MAX_NAME)
            .map(|other| (strsim::damerau_levenshtein(name, other), other))
            .filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1));
        near.min().map(|(_, name)| name.to_owned())
    }
}
