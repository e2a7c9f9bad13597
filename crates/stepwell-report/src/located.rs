//! Problems in files, for programs.

use serde::Serialize;
use std::ops::Range;
use stepwell_diagnostic::{Diagnostic, Label, Severity, Source, Sources};

/// A problem whose places are told by file, line and column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Located<'a> {
    /// The kind of problem.
    pub code: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'a str,
    /// Where; the first is the primary one.
    pub labels: Vec<LocatedLabel<'a>>,
    /// What to do.
    pub help: &'a [String],
}

/// A place in a file and what to say there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LocatedLabel<'a> {
    /// The file as the user named it, or as another file names it.
    pub file: &'a str,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The line where the place ends.
    pub end_line: usize,
    /// The first column after the place.
    pub end_column: usize,
    /// Byte range into the text of the file.
    pub span: Range<usize>,
    /// What to say there; may be empty.
    pub message: &'a str,
}

/// `diagnostic` with its places in these files. A label that lies in none of them is left out.
#[must_use]
pub fn located<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Located<'a> {
    let labels = diagnostic.labels.iter();
    Located {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: &diagnostic.message,
        labels: labels
            .filter_map(|label| Some(place(sources.at(label.span.start)?, label)))
            .collect(),
        help: &diagnostic.help,
    }
}

fn place<'a>(source: &'a Source, label: &'a Label) -> LocatedLabel<'a> {
    let span = source.range(&label.span);
    let base = source.places().start;
    let (line, column) = source.line_and_column(base + span.start);
    let (end_line, end_column) = source.line_and_column(base + span.end);
    LocatedLabel {
        file: &source.name,
        line,
        column,
        end_line,
        end_column,
        span,
        message: &label.message,
    }
}
