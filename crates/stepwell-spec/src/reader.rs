//! The typed walker over the tree: it asks for keys, checks types, and remembers what was asked for,
//! so that the rest can be reported as unknown.

use crate::Spanned;
use crate::name::{self, did_you_mean};
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use toml::de::{DeTable, DeValue};

type Node<'t> = toml::Spanned<DeValue<'t>>;

const BOOLEAN: &str = "`true` or `false`";
const TABLES: &str = "an array of tables";

/// Collects what is wrong.
pub(crate) struct Reader {
    diagnostics: Vec<Diagnostic>,
    damaged: bool,
}

/// A table that is being read.
pub(crate) struct Table<'t> {
    what: &'static str,
    map: &'t DeTable<'t>,
    span: Range<usize>,
    asked: Vec<&'static str>,
    known: Vec<&'static str>,
}

/// A key with its value.
#[derive(Clone)]
pub(crate) struct Entry<'t> {
    /// The key.
    pub(crate) key: Spanned<&'t str>,
    value: &'t Node<'t>,
}

impl<'t> Table<'t> {
    /// The top of the file.
    pub(crate) fn root(map: &'t DeTable<'t>) -> Self {
        Self {
            what: "a pipeline",
            map,
            span: 0..0,
            asked: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Where the table begins: its header, or its braces.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The value of `key`, which the table accepts from now on. A key whose value a syntax error
    /// has swallowed counts as absent: the parser puts a number without a place there.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.asked.push(key);
        let (key, value) = self.map.get_key_value(key)?;
        Entry::new(key, value)
    }

    /// The value of `key`, which is known but does not belong to the accepted keys.
    pub(crate) fn take_later(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.known.push(key);
        let (key, value) = self.map.get_key_value(key)?;
        Entry::new(key, value)
    }

    /// All entries in the order of the file, for a table whose keys are names of the user.
    pub(crate) fn entries(&self) -> Vec<Entry<'t>> {
        let mut entries: Vec<_> = self
            .map
            .iter()
            .filter_map(|(key, value)| Entry::new(key, value))
            .collect();
        entries.sort_by_key(|entry| entry.key.span.start);
        entries
    }

    /// Reports every key that was not asked for. `later` are keys of the format that this version
    /// does not know.
    pub(crate) fn finish(self, reader: &mut Reader, later: &[&str]) {
        for (key, _) in self.map {
            let (name, span) = (key.get_ref().as_ref(), key.span());
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
            let label = did_you_mean(
                name,
                self.asked.iter().copied(),
                "not a key that belongs here",
            );
            let accepted = format!("accepted here: {}", self.asked.join(", "));
            reader.report(problem.at(span, label).help(accepted));
        }
    }
}

impl<'t> Entry<'t> {
    fn new(key: &'t toml::Spanned<std::borrow::Cow<'t, str>>, value: &'t Node<'t>) -> Option<Self> {
        (!value.span().is_empty()).then(|| Self {
            key: Spanned::new(key.get_ref().as_ref(), key.span()),
            value,
        })
    }

    /// Where the value stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Whether the value is an array without items.
    pub(crate) fn is_empty_array(&self) -> bool {
        self.value
            .get_ref()
            .as_array()
            .is_some_and(|items| items.is_empty())
    }

    /// Whether the value is an array.
    pub(crate) fn is_array(&self) -> bool {
        self.value.get_ref().is_array()
    }
}

impl Reader {
    /// A reader of a file; `damaged` tells that it has syntax errors.
    pub(crate) fn new(damaged: bool) -> Self {
        Self {
            diagnostics: Vec::new(),
            damaged,
        }
    }

    /// What was wrong.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// How many problems there are so far.
    pub(crate) fn count(&self) -> usize {
        self.diagnostics.len()
    }

    /// Reports a problem.
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// Reports that something is not there, unless a syntax error may have swallowed it.
    pub(crate) fn report_missing(&mut self, problem: Diagnostic) {
        if !self.damaged {
            self.report(problem);
        }
    }

    fn wrong_type(&mut self, entry: &Entry<'_>, node: &Node<'_>, expected: &str) {
        let found = article(node.get_ref());
        let problem = Diagnostic::error(
            "wrong-type",
            format!("`{}` must be {expected}, not {found}", entry.key.value),
        )
        .at(node.span(), format!("this is {found}"));
        let scalar = !matches!(node.get_ref(), DeValue::Array(_) | DeValue::Table(_));
        let hint = match node.get_ref() {
            DeValue::Table(_) if expected == TABLES => {
                "write its header in double brackets: `[[…]]`"
            }
            DeValue::String(_) if expected == BOOLEAN => "write it without quotes",
            _ if scalar && expected.contains("string") => "write it in quotes",
            _ => return self.report(problem),
        };
        self.report(problem.help(hint));
    }

    fn string_of(
        &mut self,
        entry: &Entry<'_>,
        node: &Node<'_>,
        expected: &str,
    ) -> Option<Spanned<String>> {
        let DeValue::String(text) = node.get_ref() else {
            self.wrong_type(entry, node, expected);
            return None;
        };
        if text.contains('\0') {
            let message = format!("`{}` holds a NUL character", entry.key.value);
            self.report(
                Diagnostic::error("invalid-value", message)
                    .at(node.span(), "no text of a step can hold NUL"),
            );
            return None;
        }
        Some(Spanned::new(text.clone().into_owned(), node.span()))
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
        self.report(
            Diagnostic::error("invalid-name", format!("{value:?} cannot name a {what}"))
                .at(text.span.clone(), "not a name")
                .help(name::NAME_FORM),
        );
        None
    }

    /// A string, integer, float or boolean as text.
    pub(crate) fn text(&mut self, entry: &Entry<'_>) -> Option<Spanned<String>> {
        let span = entry.span();
        match entry.value.get_ref() {
            DeValue::Boolean(value) => Some(Spanned::new(value.to_string(), span)),
            DeValue::Float(value) => Some(Spanned::new(value.as_str().to_owned(), span)),
            DeValue::Integer(value) => {
                let number = i64::from_str_radix(value.as_str(), value.radix());
                if number.is_err() {
                    let message = format!("`{}` is too large a number", entry.key.value);
                    self.report(
                        Diagnostic::error("invalid-value", message)
                            .at(span.clone(), "does not fit into 64 bits")
                            .help("write it in quotes"),
                    );
                }
                Some(Spanned::new(number.ok()?.to_string(), span))
            }
            _ => self.string_of(entry, entry.value, "a string, a number or a boolean"),
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, entry: &Entry<'_>) -> Option<bool> {
        let value = entry.value.get_ref().as_bool();
        if value.is_none() {
            self.wrong_type(entry, entry.value, BOOLEAN);
        }
        value
    }

    /// An array of strings.
    pub(crate) fn strings(&mut self, entry: &Entry<'_>) -> Option<Vec<Spanned<String>>> {
        let DeValue::Array(items) = entry.value.get_ref() else {
            self.wrong_type(entry, entry.value, "an array of strings");
            return None;
        };
        let mut strings = Vec::with_capacity(items.len());
        for item in items.iter() {
            strings.extend(self.string_of(entry, item, "an array of strings only"));
        }
        (strings.len() == items.len()).then_some(strings)
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
        let DeValue::Array(items) = entry.value.get_ref() else {
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
        node: &'t Node<'t>,
        what: &'static str,
        expected: &str,
    ) -> Option<Table<'t>> {
        let DeValue::Table(map) = node.get_ref() else {
            self.wrong_type(entry, node, expected);
            return None;
        };
        Some(Table {
            what,
            map,
            span: node.span(),
            asked: Vec::new(),
            known: Vec::new(),
        })
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
