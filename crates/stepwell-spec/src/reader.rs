//! The typed walker over the tree: it asks for keys, checks types, and remembers what was asked for,
//! so that the rest can be reported as unknown.

use crate::name::{self, did_you_mean};
use crate::tree::{Member, Node, Tree};
use crate::{Spanned, duration};
use std::ops::Range;
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;

const BOOLEAN: &str = "`true` or `false`";
const INTEGER: &str = "an integer";
const DURATION: &str = "a duration";
const STRINGS: &str = "an array of strings";
const TABLES: &str = "an array of tables";

/// What may be written for `true` and for `false` where words are accepted, in any case.
const WORDS: [(&str, bool); 6] = [
    ("true", true),
    ("yes", true),
    ("on", true),
    ("false", false),
    ("no", false),
    ("off", false),
];

/// Names that the keys of this format have in Azure Pipelines, where they are far from the same.
const ELSEWHERE: [(&str, &str); 6] = [
    ("cancelTimeoutInMinutes", "cancel-timeout"),
    ("maxParallel", "max-parallel"),
    ("pool", "demands"),
    ("retryCountOnTaskFailure", "retries"),
    ("strategy", "matrix"),
    ("timeoutInMinutes", "timeout"),
];

/// Collects what is wrong.
pub(crate) struct Reader {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    damaged: bool,
}

/// A table that is being read.
pub(crate) struct Table<'t> {
    what: &'static str,
    members: &'t [Member],
    span: Range<usize>,
    asked: Vec<&'static str>,
    known: Vec<&'static str>,
}

/// A key with its value.
#[derive(Clone)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Spanned<&'t str>,
    pub(crate) value: &'t Node,
}

impl<'t> Table<'t> {
    /// The top of a pipeline file.
    pub(crate) fn root(members: &'t [Member]) -> Self {
        Self::of(members, "a pipeline")
    }

    /// The top of a file; `what` says with its article what it describes.
    pub(crate) fn of(members: &'t [Member], what: &'static str) -> Self {
        Self {
            what,
            members,
            span: 0..0,
            asked: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Where the table begins: its header, or its braces.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The value of `key`, which the table accepts from now on.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.asked.push(key);
        self.find(key)
    }

    fn find(&self, key: &str) -> Option<Entry<'t>> {
        let member = self.members.iter().find(|member| member.key.value == key)?;
        Some(Entry::new(member))
    }

    /// The value of `key`, which is known but does not belong to the accepted keys.
    pub(crate) fn take_later(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.known.push(key);
        self.find(key)
    }

    /// All entries in the order of the file, for a table whose keys are names of the user.
    pub(crate) fn entries(&self) -> Vec<Entry<'t>> {
        self.members.iter().map(Entry::new).collect()
    }

    /// Reports every key that was not asked for. `later` are keys of the format that this version
    /// does not know.
    pub(crate) fn finish(self, reader: &mut Reader, later: &[&str]) {
        for member in self.members {
            let (name, span) = (member.key.value.as_str(), member.key.span.clone());
            if self.asked.contains(&name) || self.known.contains(&name) {
                continue;
            }
            let what = self.what;
            let problem =
                Diagnostic::error("unknown-key", format!("unknown key `{name}` in {what}"));
            if later.contains(&name) {
                reader.report(problem.at(span, "").help("not supported by this version"));
                continue;
            }
            let here = ELSEWHERE
                .iter()
                .find(|(other, key)| *other == name && self.asked.contains(key))
                .map_or(name, |(_, key)| key);
            let label = did_you_mean(
                here,
                self.asked.iter().copied(),
                "not a key that belongs here",
            );
            let accepted = format!("accepted here: {}", self.asked.join(", "));
            reader.report(problem.at(span, label).help(accepted));
        }
    }
}

impl<'t> Entry<'t> {
    fn new(member: &'t Member) -> Self {
        Self {
            key: Spanned::new(member.key.value.as_str(), member.key.span.clone()),
            value: &member.value,
        }
    }

    /// Where the value stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span.clone()
    }

    /// The items of an array, each under the array's key; none of what is no array.
    pub(crate) fn items(&self) -> Vec<Self> {
        let Tree::Array(items) = &self.value.value else {
            return Vec::new();
        };
        let key = &self.key;
        items
            .iter()
            .map(|value| Self {
                key: key.clone(),
                value,
            })
            .collect()
    }

    /// Whether the value is an array without items.
    pub(crate) fn is_empty_array(&self) -> bool {
        matches!(&self.value.value, Tree::Array(items) if items.is_empty())
    }

    /// Whether it is an array.
    pub(crate) fn is_array(&self) -> bool {
        matches!(self.value.value, Tree::Array(_))
    }

    /// Whether the value is a table.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value.value, Tree::Table(_))
    }

    /// Whether the value is a table without entries.
    pub(crate) fn is_empty_table(&self) -> bool {
        matches!(&self.value.value, Tree::Table(members) if members.is_empty())
    }

    /// The value, if it is a number that is not negative.
    pub(crate) fn as_count(&self) -> Option<u64> {
        match self.value.value {
            Tree::Integer(Some(value)) => u64::try_from(value).ok(),
            _ => None,
        }
    }

    /// Whether the value is a string.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.value.value, Tree::Text(_))
    }

    /// Whether the value is a string with nothing but blanks.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(&self.value.value, Tree::Text(text) if text.trim().is_empty())
    }
}

impl Reader {
    /// A reader of a file; `damaged` tells that it has syntax errors.
    pub(crate) fn new(damaged: bool) -> Self {
        Self {
            diagnostics: Vec::new(),
            errors: 0,
            damaged,
        }
    }

    /// What was wrong.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// How many errors there are so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Reports a problem.
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.errors += usize::from(problem.is_error());
        self.diagnostics.push(problem);
    }

    /// Reports that something is not there, unless a syntax error may have swallowed it.
    pub(crate) fn report_missing(&mut self, problem: Diagnostic) {
        if !self.damaged {
            self.report(problem);
        }
    }

    /// Reports that `node`, which stands at `entry`, is not what is expected.
    pub(crate) fn wrong_type(&mut self, entry: &Entry<'_>, node: &Node, expected: &str) {
        let found = node.value.article();
        let problem = Diagnostic::error(
            "wrong-type",
            format!("`{}` must be {expected}, not {found}", entry.key.value),
        )
        .at(node.span.clone(), format!("this is {found}"));
        let scalar = !matches!(&node.value, Tree::Array(_) | Tree::Table(_));
        let hint = match &node.value {
            Tree::Table(_) if expected == TABLES => "write its header in double brackets: `[[…]]`",
            Tree::Text(_) if [BOOLEAN, INTEGER].contains(&expected) => "write it without quotes",
            Tree::Integer(_) if expected == DURATION => {
                "write it in quotes and with a unit: `\"30s\"`, `\"10m\"`, `\"1h30m\"`"
            }
            Tree::Text(_) if expected == STRINGS => "write it in brackets",
            _ if scalar && expected.contains("string") => "write it in quotes",
            _ => return self.report(problem),
        };
        self.report(problem.help(hint));
    }

    fn string_of(
        &mut self,
        entry: &Entry<'_>,
        node: &Node,
        expected: &str,
    ) -> Option<Spanned<String>> {
        let Tree::Text(text) = &node.value else {
            self.wrong_type(entry, node, expected);
            return None;
        };
        if text.contains('\0') {
            let message = format!("`{}` holds a NUL character", entry.key.value);
            self.report(
                Diagnostic::error("invalid-value", message)
                    .at(node.span.clone(), "no text of a step can hold NUL"),
            );
            return None;
        }
        Some(Spanned::new(text.clone(), node.span.clone()))
    }

    /// A string without NUL.
    pub(crate) fn string(&mut self, entry: &Entry<'_>) -> Option<Spanned<String>> {
        self.string_of(entry, entry.value, "a string")
    }

    /// A string that can stand on one line of a list: not blank and without control characters.
    pub(crate) fn line(&mut self, entry: &Entry<'_>) -> Option<Spanned<String>> {
        let text = self.string(entry)?;
        if text.value.trim().is_empty() || text.value.chars().any(char::is_control) {
            let message = format!("`{}` must be one line of text", entry.key.value);
            let label = match text.value.trim().is_empty() {
                true => "this is blank",
                false => "this holds a control character",
            };
            self.report(Diagnostic::error("invalid-value", message).at(text.span, label));
            return None;
        }
        Some(text)
    }

    /// The name of a job, step or task.
    pub(crate) fn name(&mut self, what: &str, text: &Spanned<impl AsRef<str>>) -> Option<()> {
        let value = text.value.as_ref();
        if name::is_name(value) {
            return Some(());
        }
        let what = name::with_article(what);
        self.report(
            Diagnostic::error("invalid-name", format!("{value:?} cannot name {what}"))
                .at(text.span.clone(), "not a name")
                .help(name::NAME_FORM),
        );
        None
    }

    /// The name of a stage or job. What names parts without a name is not free for them.
    pub(crate) fn node_name(&mut self, what: &str, text: &Spanned<&str>) -> Option<()> {
        self.name(what, text)?;
        if !name::is_reserved(text.value) {
            return Some(());
        }
        let message = format!("`{}` cannot name a {what}", text.value);
        self.report(
            Diagnostic::error("invalid-name", message).at(text.span.clone(), "a reserved word"),
        );
        None
    }

    /// A string, integer, float or boolean as text.
    pub(crate) fn text(&mut self, entry: &Entry<'_>) -> Option<Spanned<String>> {
        let span = entry.span();
        match &entry.value.value {
            Tree::Boolean(value) => Some(Spanned::new(value.to_string(), span)),
            Tree::Float(value) => Some(Spanned::new(value.clone(), span)),
            Tree::Integer(Some(value)) => Some(Spanned::new(value.to_string(), span)),
            Tree::Integer(None) => {
                let problem = too_large(entry).help("write it in quotes");
                self.report(problem);
                None
            }
            _ => self.string_of(entry, entry.value, "a string, a number or a boolean"),
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, entry: &Entry<'_>) -> Option<bool> {
        if let Tree::Boolean(value) = entry.value.value {
            return Some(value);
        }
        self.wrong_type(entry, entry.value, BOOLEAN);
        None
    }

    /// A boolean, or a word for one.
    pub(crate) fn boolean_or_word(&mut self, entry: &Entry<'_>) -> Option<bool> {
        let Tree::Text(text) = &entry.value.value else {
            return self.boolean(entry);
        };
        let found = WORDS
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        if found.is_none() {
            let words = WORDS.map(|(word, _)| word);
            let message = format!(
                "`{}` is no boolean: Unexpected value '{text}'",
                entry.key.value
            );
            self.report(
                Diagnostic::error("invalid-value", message)
                    .at(entry.span(), did_you_mean(text, words, "not a boolean"))
                    .help(format!("accepted here: {}", words.join(", "))),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        entry: &Entry<'_>,
        choices: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let text = self.string(entry)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text.value) {
            return Some(Spanned::new(*value, text.span));
        }
        let words = choices.iter().map(|(word, _)| *word);
        let label = did_you_mean(&text.value, words.clone(), "not accepted here");
        let accepted: Vec<_> = words.map(|word| format!("{word:?}")).collect();
        let message = format!("`{}` cannot be {:?}", entry.key.value, text.value);
        self.report(
            Diagnostic::error("invalid-value", message)
                .at(text.span, label)
                .help(format!("accepted here: {}", accepted.join(", "))),
        );
        None
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, entry: &Entry<'_>) -> Option<i64> {
        match entry.value.value {
            Tree::Integer(Some(value)) => return Some(value),
            Tree::Integer(None) => self.report(too_large(entry)),
            _ => self.wrong_type(entry, entry.value, INTEGER),
        }
        None
    }

    /// A duration; zero needs neither quotes nor a unit.
    pub(crate) fn duration(&mut self, entry: &Entry<'_>) -> Option<Spanned<Duration>> {
        let text = match &entry.value.value {
            Tree::Integer(Some(0)) => return Some(Spanned::new(Duration::ZERO, entry.span())),
            Tree::Text(text) => text,
            _ => {
                self.wrong_type(entry, entry.value, DURATION);
                return None;
            }
        };
        match duration::parse(text) {
            Ok(value) => Some(Spanned::new(value, entry.span())),
            Err(error) => {
                let message = format!("`{}` must be a duration", entry.key.value);
                self.report(
                    Diagnostic::error("invalid-value", message)
                        .at(entry.span(), error.message)
                        .help(error.hint),
                );
                None
            }
        }
    }

    /// A string, or an array of them without those items that are none.
    pub(crate) fn string_or_strings(&mut self, entry: &Entry<'_>) -> Option<Vec<Spanned<String>>> {
        match entry.is_array() {
            true => self.strings(entry),
            false => {
                let expected = "a string or an array of strings";
                Some(vec![self.string_of(entry, entry.value, expected)?])
            }
        }
    }

    /// An array of strings, without those items that are none.
    pub(crate) fn strings(&mut self, entry: &Entry<'_>) -> Option<Vec<Spanned<String>>> {
        let Tree::Array(items) = &entry.value.value else {
            self.wrong_type(entry, entry.value, STRINGS);
            return None;
        };
        let mut strings = Vec::with_capacity(items.len());
        for item in items.iter() {
            strings.extend(self.string_of(entry, item, "an array of strings only"));
        }
        Some(strings)
    }

    /// A table; `what` says with its article what it describes.
    pub(crate) fn table<'t>(&mut self, entry: &Entry<'t>, what: &'static str) -> Option<Table<'t>> {
        self.table_of(entry, entry.value, what, "a table")
    }

    /// An array of tables.
    pub(crate) fn tables<'t>(
        &mut self,
        entry: &Entry<'t>,
        what: &'static str,
    ) -> Option<Vec<Table<'t>>> {
        let Tree::Array(items) = &entry.value.value else {
            self.wrong_type(entry, entry.value, TABLES);
            return None;
        };
        let mut tables = Vec::with_capacity(items.len());
        for item in items.iter() {
            tables.extend(self.table_of(entry, item, what, "an array of tables only"));
        }
        Some(tables)
    }

    fn table_of<'t>(
        &mut self,
        entry: &Entry<'t>,
        node: &'t Node,
        what: &'static str,
        expected: &str,
    ) -> Option<Table<'t>> {
        let Tree::Table(members) = &node.value else {
            self.wrong_type(entry, node, expected);
            return None;
        };
        Some(Table {
            what,
            members,
            span: node.span.clone(),
            asked: Vec::new(),
            known: Vec::new(),
        })
    }
}

fn too_large(entry: &Entry<'_>) -> Diagnostic {
    let message = format!("`{}` is too large a number", entry.key.value);
    Diagnostic::error("invalid-value", message).at(entry.span(), "does not fit into 64 bits")
}
