//! Problems in a file, with the lines they are about.

use crate::hostile::{hostile, hostile_lines};
use crate::text::count;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::fmt::Write;
use std::ops::Range;
use stepwell_diagnostic::{Diagnostic, Label, Severity};

/// Longer lines of source text are cut around what is underlined.
const WIDTH: usize = 120;

/// Underlines do not go on for longer than this.
const LONGEST_SPAN: usize = 2000;

/// The problems of the file `file`, whose text is `text`, in reading order, with a last line that
/// counts them. Empty when there are none.
#[must_use]
pub fn diagnostics(file: &str, text: &str, diagnostics: &[Diagnostic], color: bool) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = match color {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let renderer = renderer.term_width(WIDTH);
    let source = Source::new(file, text);
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| diagnostic.position());
    let mut shown = String::new();
    for diagnostic in ordered {
        let report = [source.group(diagnostic)];
        // Writing to a string does not fail.
        let _ = writeln!(shown, "{}\n", renderer.render(&report));
    }
    let total = totals(diagnostics);
    let _ = writeln!(shown, "{total} in {}", source.file);
    shown
}

fn totals(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let warnings = diagnostics.len() - errors;
    match (errors, warnings) {
        (_, 0) => count(errors, "error"),
        (0, _) => count(warnings, "warning"),
        _ => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

struct Source<'a> {
    file: String,
    text: &'a str,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(file: &str, text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            file: hostile(file).into_owned(),
            text,
            lines: [0]
                .into_iter()
                .chain(ends.map(|(end, _)| end + 1))
                .collect(),
        }
    }

    fn group(&self, diagnostic: &Diagnostic) -> Group<'_> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level
            .primary_title(hostile_lines(&diagnostic.message))
            .id(diagnostic.code);
        let group = match diagnostic.labels.as_slice() {
            [] => title.element(Origin::path(self.file.as_str())),
            labels => title.element(self.snippet(labels)),
        };
        let help = diagnostic.help.iter();
        group.elements(help.map(|help| Level::HELP.message(hostile_lines(help))))
    }

    /// The lines that the labels are in. Only these are looked at, so that the cost of a problem
    /// does not grow with the file.
    fn snippet(&self, labels: &[Label]) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let spans: Vec<_> = labels.iter().map(|label| self.clamp(&label.span)).collect();
        let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
        let line = self.lines.partition_point(|start| *start <= first);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let rest = self.text.get(last..).unwrap_or_default();
        let end = last + rest.find('\n').unwrap_or(rest.len());
        let window = self.text.get(start..end).unwrap_or_default();
        let window = match end < self.text.len() {
            true => window.strip_suffix('\r').unwrap_or(window),
            false => window,
        };
        // Escapes are longer than what they stand for, so the spans move.
        let moved = |offset: usize| {
            let (before, after) = window.split_at(window.len().min(offset - start));
            match before.strip_suffix('\r') {
                Some(before) if after.starts_with('\n') => hostile_lines(before).len(),
                _ => hostile_lines(before).len(),
            }
        };
        let kinds = [AnnotationKind::Primary].into_iter();
        let kinds = kinds.chain(std::iter::repeat(AnnotationKind::Context));
        let annotations = kinds
            .zip(labels.iter().zip(spans))
            .map(|(kind, (label, span))| {
                let message = Some(hostile(&label.message).into_owned());
                kind.span(moved(span.start)..moved(span.end))
                    .label(message.filter(|message| !message.is_empty()))
            });
        Snippet::source(hostile_lines(window))
            .line_start(line)
            .path(self.file.as_str())
            .annotations(annotations)
    }

    /// The span within the text and between characters.
    fn clamp(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(span.start);
        let end = span.end.clamp(start, start.saturating_add(LONGEST_SPAN));
        start..self.text.floor_char_boundary(end)
    }
}
