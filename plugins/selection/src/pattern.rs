//! The lines of a selection.

use crate::error::{ErrorKind, SelectionError};
use glob::{MatchOptions, Pattern};

/// `*` stays within a folder, and hidden files are files.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A line that takes files.
#[derive(Debug, Clone)]
pub(crate) struct Inclusion {
    text: String,
    /// Where to look: the parts before the first that is a pattern.
    start: String,
    /// What to take of it; all of it if there is none.
    matcher: Option<Pattern>,
}

impl Inclusion {
    pub(crate) fn new(text: &str) -> Result<Self, SelectionError> {
        let path = normalized(text)?;
        let parts: Vec<&str> = path.split('/').collect();
        let literal = parts.iter().take_while(|part| !is_pattern(part)).count();
        Ok(Self {
            text: text.to_owned(),
            start: parts.get(..literal).unwrap_or_default().join("/"),
            matcher: match literal == parts.len() {
                true => None,
                false => Some(matcher(text, &path)?),
            },
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn start(&self) -> &str {
        &self.start
    }

    pub(crate) fn takes(&self, path: &str) -> bool {
        self.matcher
            .as_ref()
            .is_none_or(|matcher| matcher.matches_with(path, OPTIONS))
    }
}

/// A line that leaves files out.
#[derive(Debug, Clone)]
pub(crate) struct Exclusion(Pattern);

impl Exclusion {
    pub(crate) fn new(text: &str) -> Result<Self, SelectionError> {
        let path = normalized(text.trim_start_matches('/'))?;
        let anchored = text.trim_end_matches('/').contains('/');
        let glob = match anchored {
            true => path,
            false => format!("**/{path}"),
        };
        matcher(text, &glob).map(Self)
    }

    /// Whether it names this path itself; what is below is never visited.
    pub(crate) fn covers(&self, path: &str) -> bool {
        self.0.matches_with(path, OPTIONS)
    }
}

/// Whether a part of a path stands for more than itself.
pub(crate) fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// The path without `.` and empty parts; the empty text for the root.
fn normalized(text: &str) -> Result<String, SelectionError> {
    if text.starts_with('/') {
        return Err(SelectionError::new(text, ErrorKind::Absolute));
    }
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    if parts.contains(&"..") {
        return Err(SelectionError::new(text, ErrorKind::Parent));
    }
    Ok(parts.join("/"))
}

fn matcher(text: &str, glob: &str) -> Result<Pattern, SelectionError> {
    Pattern::new(glob)
        .map_err(|error| SelectionError::new(text, ErrorKind::Malformed(error.msg.to_owned())))
}
