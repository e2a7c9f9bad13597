//! Problems in files, with the lines they are about.

use crate::hostile::{hostile, hostile_lines};
use crate::text::count;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use stepwell_diagnostic::{Diagnostic, Label, Severity, Source, Sources};

/// Longer lines of source text are cut around what is underlined.
const WIDTH: usize = 120;

/// Underlines do not go on for longer than this.
const LONGEST_SPAN: usize = 2000;

/// The problems of these files in reading order, with a last line that counts them. Empty when
/// there are none.
///
/// A problem without a place belongs to the first file.
#[must_use]
pub fn diagnostics(sources: &Sources, diagnostics: &[Diagnostic], color: bool) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = match color {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let renderer = renderer.term_width(WIDTH);
    let files = Files(sources.files().iter().map(File::new).collect());
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| diagnostic.position());
    let mut shown = String::new();
    for diagnostic in ordered {
        let report = [files.group(diagnostic)];
        // Writing to a string does not fail.
        let _ = writeln!(shown, "{}\n", renderer.render(&report));
    }
    let total = totals(diagnostics);
    let _ = match files.concerned(diagnostics) {
        Some(places) => writeln!(shown, "{total} in {places}"),
        None => writeln!(shown, "{total}"),
    };
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

/// The files in the order of their places.
struct Files<'a>(Vec<File<'a>>);

impl<'a> Files<'a> {
    /// The position of the file that a place lies in.
    fn position(&self, place: usize) -> usize {
        let next = self
            .0
            .partition_point(|file| file.source.places().start <= place);
        next.saturating_sub(1)
    }

    fn group(&self, diagnostic: &'a Diagnostic) -> Group<'_> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level
            .primary_title(hostile_lines(&diagnostic.message))
            .id(diagnostic.code)
            .elements(std::iter::empty::<Origin<'_>>());
        if diagnostic.labels.is_empty() {
            let first = self.0.first();
            group = group.elements(first.map(|file| Origin::path(file.name.as_str())));
        }
        for (file, labels) in self.labels(diagnostic) {
            group = group.element(file.snippet(&labels));
        }
        let help = diagnostic.help.iter();
        group.elements(help.map(|help| Level::HELP.message(hostile_lines(help))))
    }

    /// The labels file by file, the primary one first.
    fn labels(&self, diagnostic: &'a Diagnostic) -> Vec<(&File<'a>, Vec<Marked<'a>>)> {
        let mut found: Vec<(usize, Vec<Marked<'a>>)> = Vec::new();
        let kinds = [AnnotationKind::Primary].into_iter();
        let kinds = kinds.chain(std::iter::repeat(AnnotationKind::Context));
        for marked in kinds.zip(&diagnostic.labels) {
            let position = self.position(marked.1.span.start);
            match found.iter_mut().find(|(known, _)| *known == position) {
                Some((_, labels)) => labels.push(marked),
                None => found.push((position, vec![marked])),
            }
        }
        let file = |(position, labels)| Some((self.0.get(position)?, labels));
        found.into_iter().filter_map(file).collect()
    }

    /// The files that have problems, in words.
    fn concerned(&self, diagnostics: &[Diagnostic]) -> Option<String> {
        let positions = diagnostics.iter().map(|one| self.position(one.position()));
        let positions: BTreeSet<usize> = positions.collect();
        let mut names = positions
            .iter()
            .filter_map(|position| Some(&self.0.get(*position)?.name));
        let first = names.next()?;
        Some(match (names.next(), positions.len()) {
            (None, _) => first.clone(),
            (Some(second), 2) => format!("{first} and {second}"),
            (Some(_), files) => format!("{first} and {} more files", files - 1),
        })
    }
}

/// A label and how it is underlined.
type Marked<'a> = (AnnotationKind, &'a Label);

struct File<'a> {
    /// Safe to show.
    name: String,
    source: &'a Source,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl<'a> File<'a> {
    fn new(source: &'a Source) -> Self {
        let bytes = source.text.bytes().enumerate();
        let ends = bytes.filter(|(_, byte)| *byte == b'\n');
        Self {
            name: hostile(&source.name).into_owned(),
            source,
            lines: [0]
                .into_iter()
                .chain(ends.map(|(end, _)| end + 1))
                .collect(),
        }
    }

    /// The lines that the labels are in. Only these are looked at, so that the cost of a problem
    /// does not grow with the file.
    fn snippet(&self, labels: &[Marked<'_>]) -> Snippet<'_, Annotation<'_>> {
        let text = &self.source.text;
        let spans: Vec<_> = labels
            .iter()
            .map(|(_, label)| self.range(&label.span))
            .collect();
        let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
        let line = self.lines.partition_point(|start| *start <= first);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let rest = text.get(last..).unwrap_or_default();
        let end = last + rest.find('\n').unwrap_or(rest.len());
        let window = text.get(start..end).unwrap_or_default();
        let window = match end < text.len() {
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
        let annotations = labels.iter().zip(spans).map(|((kind, label), span)| {
            let message = Some(hostile(&label.message).into_owned());
            kind.span(moved(span.start)..moved(span.end))
                .label(message.filter(|message| !message.is_empty()))
        });
        Snippet::source(hostile_lines(window))
            .line_start(line)
            .path(self.name.as_str())
            .annotations(annotations)
    }

    /// The place within the text and between characters.
    fn range(&self, place: &Range<usize>) -> Range<usize> {
        let longest = place.start.saturating_add(LONGEST_SPAN);
        self.source.range(&(place.start..place.end.min(longest)))
    }
}
