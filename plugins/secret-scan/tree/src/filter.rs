//! Which paths a walk leaves out.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::fmt;

/// What no check wants to read: the history, and what tools put next to the sources.
const ALWAYS: [&str; 4] = [".git", "target/", "node_modules/", ".stepwell/"];

/// Patterns in the syntax of `.gitignore`, on top of those that always hold.
///
/// One syntax for both is one less to learn, and `!target/` brings back what is skipped by default.
#[derive(Debug, Clone)]
pub struct Filter(Gitignore);

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a `.gitignore` pattern: {}",
            self.pattern, self.reason
        )
    }
}

impl std::error::Error for BadPattern {}

/// What the patterns say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Leave it out, with all that is in it.
    Skip,
    /// Take it, whatever else says to leave it out.
    Take,
    /// No pattern is about it.
    Silent,
}

impl Filter {
    /// The filter of these patterns, one per item; the last one that fits a path decides.
    ///
    /// # Errors
    ///
    /// If a pattern is malformed.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, BadPattern> {
        let mut builder = GitignoreBuilder::new("");
        // Git takes `a[b` for a name; in an input it is a slip of the pen.
        builder.allow_unclosed_class(false);
        for pattern in ALWAYS.into_iter().chain(patterns) {
            builder
                .add_line(None, pattern)
                .map_err(|error| BadPattern {
                    pattern: pattern.to_owned(),
                    reason: innermost(&error),
                })?;
        }
        let built = builder.build().map_err(|error| BadPattern {
            pattern: "exclude".to_owned(),
            reason: innermost(&error),
        })?;
        Ok(Self(built))
    }

    /// The filter of the `.gitignore` text of `directory`. Lines that are no patterns are passed
    /// over, as git does; `None` if nothing is left.
    pub(crate) fn of_gitignore(directory: &str, text: &str) -> Option<Self> {
        let mut builder = GitignoreBuilder::new(directory);
        for line in text.trim_start_matches('\u{feff}').lines() {
            // A line that is refused leaves the builder as it was.
            let _ = builder.add_line(None, line);
        }
        let built = builder.build().ok()?;
        (!built.is_empty()).then_some(Self(built))
    }

    pub(crate) fn verdict(&self, path: &str, is_directory: bool) -> Verdict {
        let matched = self.0.matched(path, is_directory);
        if matched.is_ignore() {
            Verdict::Skip
        } else if matched.is_whitelist() {
            Verdict::Take
        } else {
            Verdict::Silent
        }
    }
}

/// The reason without the wrappers that name files and lines, of which there are none here.
fn innermost(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_fitting_pattern_decides() {
        let filter = Filter::new(["*.min.js", "/docs/old/", "!target/"]).unwrap();
        for (path, is_directory, expected) in [
            ("a/b.min.js", false, Verdict::Skip),
            ("docs/old", true, Verdict::Skip),
            ("src/docs/old", true, Verdict::Silent),
            ("target", true, Verdict::Take),
            ("x/node_modules", true, Verdict::Skip),
            (".git", true, Verdict::Skip),
            ("sub/.git", false, Verdict::Skip),
            ("src/main.rs", false, Verdict::Silent),
        ] {
            assert_eq!(filter.verdict(path, is_directory), expected, "{path}");
        }
    }

    #[test]
    fn a_malformed_pattern_is_named() {
        let error = Filter::new(["ok", "a[b"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a[b` is not a `.gitignore` pattern: unclosed character class; missing ']'"
        );
    }
}
