//! What all parts of a pipeline share while it is converted: the notes, the names that are taken, and
//! how something is left as a comment.

use crate::Note;
use crate::directive::{self, Budget, Leaf};
use crate::text::{dedented, lines, said};
use crate::yaml::{Entry, Node, Place, Remark};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How long a directive may be to be repeated at every comment about what it governs.
const SHORT_DIRECTIVE: usize = 200;

/// The state of one import.
#[derive(Debug)]
pub(crate) struct Importer<'s> {
    source: &'s str,
    notes: Vec<Note>,
    /// Directives that stand in a comment by now, by where they begin.
    said: BTreeSet<usize>,
    /// How much of the conditions may still be repeated.
    pub(crate) budget: Budget,
    /// Names of jobs, stages and entries that name nothing, in lower case.
    pub(crate) taken: BTreeSet<String>,
    /// The last number that was put behind each name to make it another.
    numbers: BTreeMap<String, usize>,
    /// The tasks of the steps by name, each with what the source calls it.
    pub(crate) tasks: BTreeMap<String, BTreeSet<String>>,
    /// The templates that are used.
    pub(crate) templates: BTreeSet<String>,
}

impl<'s> Importer<'s> {
    pub(crate) fn new(source: &'s str, notes: Vec<Note>) -> Self {
        Self {
            source,
            notes,
            said: BTreeSet::new(),
            budget: Budget::default(),
            taken: BTreeSet::new(),
            numbers: BTreeMap::new(),
            tasks: BTreeMap::new(),
            templates: BTreeSet::new(),
        }
    }

    /// The notes in the order of the source.
    pub(crate) fn into_notes(self) -> Vec<Note> {
        let mut notes = self.notes;
        notes.sort_by_key(|note| (note.line, note.column));
        notes
    }

    /// Notes `message`, and gives it back as a comment.
    pub(crate) fn note(&mut self, place: Place, message: impl Into<String>) -> String {
        let message = message.into();
        self.notes.push(Note {
            line: place.line,
            column: place.column,
            message: message.clone(),
        });
        said(&message)
    }

    /// An entry that has no counterpart, as a comment: why, and how the source has it.
    pub(crate) fn leave(&mut self, entry: &Entry, reason: &str) -> Vec<String> {
        self.leave_in("", entry, reason)
    }

    /// The same for an entry in a table of which other entries are carried over: `path` ends with a dot.
    pub(crate) fn leave_in(&mut self, path: &str, entry: &Entry, reason: &str) -> Vec<String> {
        let message = format!("`{path}{}` is not carried over: {reason}", entry.key);
        let why = self.note(entry.place, message);
        let remarks = [&entry.remarks.above, &entry.remarks.below];
        let remarks = remarks.into_iter().flatten().collect();
        self.quoted(why, entry.range(), entry.place, &entry.node, remarks, &[])
    }

    /// An item or entry of a collection that has no counterpart, as a comment.
    pub(crate) fn leave_leaf(&mut self, leaf: &Leaf<'_>, reason: &str) -> Vec<String> {
        let (range, place) = match leaf.entry {
            Some(entry) => (entry.range(), entry.place),
            None => (leaf.node.range.clone(), leaf.node.place),
        };
        let is_empty = !leaf.under.is_empty() && directive::parts(leaf.node).is_empty();
        let reason = if is_empty {
            "nothing stands below it"
        } else {
            reason
        };
        let why = self.note(place, format!("not carried over: {reason}"));
        let remarks = leaf.above().chain(leaf.below()).collect();
        self.quoted(why, range, place, leaf.node, remarks, &leaf.under)
    }

    fn quoted<'a>(
        &mut self,
        why: String,
        range: Range<usize>,
        place: Place,
        node: &'a Node,
        mut remarks: Vec<&'a Remark>,
        under: &[&Entry],
    ) -> Vec<String> {
        let range = self.with_rest_of_line(range);
        remarks.extend(node.remarks());
        remarks.retain(|remark| !range.contains(&remark.at));
        let (above, below): (Vec<_>, Vec<_>) = remarks
            .into_iter()
            .partition(|remark| remark.at < range.start);
        let mut quoted = texts(above);
        quoted.push(why);
        for entry in under {
            if self.said.insert(entry.start) || entry.key.len() <= SHORT_DIRECTIVE {
                quoted.extend(lines(&entry.key).map(|line| format!(" {line}:")));
            }
        }
        let piece = self.source.get(range).unwrap_or_default();
        let piece = dedented(piece, place.column.saturating_sub(1));
        quoted.extend(piece.into_iter().filter(|line| !line.trim().is_empty()));
        quoted.extend(texts(below));
        quoted
    }

    /// Up to the end of the line if nothing but a comment follows there.
    fn with_rest_of_line(&self, range: Range<usize>) -> Range<usize> {
        let slice = self.source.get(range.clone()).unwrap_or_default();
        let end = range.start + slice.trim_end().len();
        let rest = self.source.get(end..).unwrap_or_default();
        let comment = rest.trim_start_matches([' ', '\t']);
        if !comment.starts_with('#') || comment.len() == rest.len() {
            return range.start..end;
        }
        let length = comment.find(['\n', '\r']).unwrap_or(comment.len());
        range.start..end + rest.len() - comment.len() + length
    }

    /// A name like `base` that nothing has yet.
    pub(crate) fn fresh(&mut self, base: &str) -> String {
        let base: String = base
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .take(60)
            .collect();
        let base = match base.trim_matches('_') {
            "" => "template".to_owned(),
            name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("_{name}"),
            name => name.to_owned(),
        };
        if self.taken.insert(base.to_ascii_lowercase()) {
            return base;
        }
        loop {
            let number = self.numbers.entry(base.clone()).or_insert(1);
            *number += 1;
            let name = format!("{base}_{number}");
            if self.taken.insert(name.to_ascii_lowercase()) {
                return name;
            }
        }
    }
}

/// The texts of comments.
pub(crate) fn texts<'a>(remarks: impl IntoIterator<Item = &'a Remark>) -> Vec<String> {
    remarks
        .into_iter()
        .map(|remark| remark.text.clone())
        .collect()
}

/// All comments of an entry and below it, for what becomes one line.
pub(crate) fn all_of(entry: &Entry) -> Vec<String> {
    let mut all = texts(&entry.remarks.above);
    all.extend(texts(entry.node.remarks()));
    all.extend(texts(&entry.remarks.below));
    all
}
