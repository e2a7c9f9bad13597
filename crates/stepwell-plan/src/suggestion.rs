//! Guesses at what was meant.

use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{MAX_PROBLEMS, did_you_mean};

/// A label for a word that is not one of the candidates. A guess compares the word with each of them,
/// so one is made only for problems that can still be shown.
pub(crate) fn suggestion<'c>(
    problems: &[Diagnostic],
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: &str,
) -> String {
    match problems.len() < MAX_PROBLEMS {
        true => did_you_mean(word, candidates, otherwise),
        false => otherwise.to_owned(),
    }
}
