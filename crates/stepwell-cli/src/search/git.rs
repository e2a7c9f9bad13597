//! What Git says, for people.

use stepwell_diagnostic::Diagnostic;
use stepwell_report::hostile;
use stepwell_workspace::GitError;

/// What is wrong with a repository, for people.
pub(crate) fn git_problem(error: &GitError) -> Diagnostic {
    let words = match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let problem = Diagnostic::error("git", hostile(&words));
    match error.help() {
        Some(help) => problem.help(hostile(&help)),
        None => problem,
    }
}
