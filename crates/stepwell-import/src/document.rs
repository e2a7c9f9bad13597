//! Tables of TOML with comments, and how they are laid out for reading.
//!
//! What is short is one line. What is not becomes tables of their own, or an array with an item in each
//! line, so that nobody has to scroll sideways.

use crate::error::ImportError;
use crate::text::comment;
use toml_writer::{ToTomlKey as _, ToTomlValue as _, TomlStringBuilder};

/// The most that is written. What a person wrote needs about as much as it had.
const MAX_OUTPUT_BYTES: usize = 8 << 20;

/// Up to how many characters a line may have that could be several.
const LINE: usize = 100;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Array(Vec<Value>),
    Table(Vec<(String, Value)>),
}

/// A table, to be written below a header.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Comments above the header.
    pub(crate) above: Vec<String>,
    parts: Vec<Part>,
    /// Comments after all of it.
    pub(crate) below: Vec<String>,
}

#[derive(Debug)]
enum Part {
    Comment(Vec<String>),
    Pair(Vec<String>, String, Value),
    /// A table, or an element of an array of tables.
    Child(String, Table, Kind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    Element,
}

impl Table {
    /// An empty table with comments around it.
    pub(crate) fn between(above: Vec<String>, below: Vec<String>) -> Self {
        Self {
            above,
            parts: Vec::new(),
            below,
        }
    }

    /// Whether nothing at all is in it or around it.
    pub(crate) fn is_empty(&self) -> bool {
        self.above.is_empty() && self.parts.is_empty() && self.below.is_empty()
    }

    /// Comments at this place.
    pub(crate) fn comment(&mut self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.parts.push(Part::Comment(lines));
        }
    }

    /// A key and its value in one line.
    pub(crate) fn line(&mut self, key: &str, value: Value, above: Vec<String>) {
        self.parts.push(Part::Pair(above, key.to_owned(), value));
    }

    /// A key and its value in one line, or as tables if that is too long.
    pub(crate) fn put(&mut self, key: &str, value: Value, above: Vec<String>) {
        let is_short =
            is_conditional(&value) || key.len() + text(&value).len() <= LINE && !has_lines(&value);
        match value {
            Value::Table(entries) if !is_short && !entries.is_empty() => {
                let mut table = Self::between(above, Vec::new());
                for (key, value) in entries {
                    table.put(&key, value, Vec::new());
                }
                self.child(key, table);
            }
            Value::Array(items)
                if !is_short && items.iter().all(|item| matches!(item, Value::Table(_))) =>
            {
                let mut above = Some(above);
                for item in items {
                    let above = above.take().unwrap_or_default();
                    let mut table = Self::between(above, Vec::new());
                    if let Value::Table(entries) = item {
                        for (key, value) in entries {
                            table.put(&key, value, Vec::new());
                        }
                    }
                    self.element(key, table);
                }
            }
            value => self.line(key, value, above),
        }
    }

    /// A pair before all that is there.
    pub(crate) fn put_first(&mut self, key: &str, value: Value) {
        let pair = Part::Pair(Vec::new(), key.to_owned(), value);
        self.parts.insert(0, pair);
    }

    /// A table in it.
    pub(crate) fn child(&mut self, key: &str, table: Self) {
        self.parts
            .push(Part::Child(key.to_owned(), table, Kind::Table));
    }

    /// All of another table, its comments included.
    pub(crate) fn append(&mut self, other: Self) {
        self.above.extend(other.above);
        self.parts.extend(other.parts);
        self.below.extend(other.below);
    }

    /// An element of the array of tables `key`.
    pub(crate) fn element(&mut self, key: &str, table: Self) {
        self.parts
            .push(Part::Child(key.to_owned(), table, Kind::Element));
    }

    /// The table as a value, and its comments.
    pub(crate) fn into_value(self) -> (Value, Vec<String>) {
        let mut comments = self.above;
        let mut entries: Vec<(String, Value)> = Vec::new();
        for part in self.parts {
            match part {
                Part::Comment(lines) => comments.extend(lines),
                Part::Pair(above, key, value) => {
                    comments.extend(above);
                    entries.push((key, value));
                }
                Part::Child(key, table, kind) => {
                    let (value, inner) = table.into_value();
                    comments.extend(inner);
                    match entries.last_mut() {
                        Some((last, Value::Array(items)))
                            if *last == key && kind == Kind::Element =>
                        {
                            items.push(value);
                        }
                        _ if kind == Kind::Element => {
                            entries.push((key, Value::Array(vec![value])));
                        }
                        _ => entries.push((key, value)),
                    }
                }
            }
        }
        comments.extend(self.below);
        (Value::Table(entries), comments)
    }

    /// The text of the whole document.
    pub(crate) fn render(&self) -> Result<String, ImportError> {
        let mut text = String::new();
        self.write(&mut text, "")?;
        check_size(&text)?;
        Ok(text)
    }

    /// Writes what is in the table: first what stands below its own header, then the tables in it.
    fn write(&self, out: &mut String, path: &str) -> Result<(), ImportError> {
        check_size(out)?;
        let own = self.own();
        let (before, after) = self.parts.split_at(own);
        for part in before {
            match part {
                Part::Pair(above, key, value) => pair(out, above, key, value),
                Part::Comment(lines) => {
                    // The file's own comments are about whole sections.
                    if path.is_empty() {
                        blank(out);
                    }
                    comments(out, lines);
                }
                Part::Child(..) => {}
            }
        }
        // A pair after a table would be that table's.
        for part in after {
            if let Part::Pair(above, key, value) = part {
                pair(out, above, key, value);
            }
        }
        for part in after {
            match part {
                Part::Child(key, table, kind) => table.write_below(out, path, key, *kind)?,
                Part::Comment(lines) => {
                    blank(out);
                    comments(out, lines);
                }
                Part::Pair(..) => {}
            }
        }
        if !self.below.is_empty() {
            if !after.is_empty() {
                blank(out);
            }
            comments(out, &self.below);
        }
        Ok(())
    }

    /// How many parts stand before the first table.
    fn own(&self) -> usize {
        self.parts
            .iter()
            .position(|part| matches!(part, Part::Child(..)))
            .unwrap_or(self.parts.len())
    }

    fn write_below(
        &self,
        out: &mut String,
        path: &str,
        key: &str,
        kind: Kind,
    ) -> Result<(), ImportError> {
        let key = key.to_toml_key();
        let path = if path.is_empty() {
            key
        } else {
            format!("{path}.{key}")
        };
        let has_children = self.own() < self.parts.len();
        let has_own =
            self.own() > 0 || self.parts.iter().any(|part| matches!(part, Part::Pair(..)));
        if !self.above.is_empty() {
            blank(out);
            comments(out, &self.above);
        }
        if kind == Kind::Element || has_own || !has_children {
            if self.above.is_empty() {
                blank(out);
            }
            out.push_str(if kind == Kind::Element { "[[" } else { "[" });
            out.push_str(&path);
            out.push_str(if kind == Kind::Element { "]]\n" } else { "]\n" });
        }
        self.write(out, &path)
    }
}

fn check_size(out: &str) -> Result<(), ImportError> {
    if out.len() <= MAX_OUTPUT_BYTES {
        return Ok(());
    }
    Err(ImportError::at_start(
        "the pipeline file would be too large",
        "move parts of the file into templates, and import each file",
    ))
}

fn comments(out: &mut String, lines: &[String]) {
    for line in lines {
        out.push_str(&comment(line));
        out.push('\n');
    }
}

fn blank(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn pair(out: &mut String, above: &[String], key: &str, value: &Value) {
    comments(out, above);
    let key = key.to_toml_key();
    let line = format!("{key} = {}\n", text(value));
    match value {
        Value::Array(items) if line.chars().count() > LINE => {
            out.push_str(&key);
            out.push_str(" = [\n");
            for item in items {
                out.push_str("    ");
                out.push_str(&text(item));
                out.push_str(",\n");
            }
            out.push_str("]\n");
        }
        _ => out.push_str(&line),
    }
}

/// Whether a value is an entry of a chain, whose order among its neighbours is to be kept: tables come
/// after all lines.
fn is_conditional(value: &Value) -> bool {
    let Value::Table(entries) = value else {
        return false;
    };
    let mut keys = entries.iter().map(|(key, _)| key.as_str());
    keys.any(|key| matches!(key, "if" | "elseif" | "else"))
}

fn has_lines(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('\n'),
        Value::Array(items) => items.iter().any(has_lines),
        Value::Table(entries) => entries.iter().any(|(_, value)| has_lines(value)),
        Value::Integer(_) | Value::Boolean(_) => false,
    }
}

/// A value in one line, but for texts of several lines.
fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => string(text),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Table(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{} = {}", key.to_toml_key(), text(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// Quotes as people would: without escapes where that goes, and a script with its lines.
fn string(text: &str) -> String {
    let builder = TomlStringBuilder::new(text);
    let lines = text.contains('\n');
    let string = if lines && !text.contains('\r') {
        builder
            .as_ml_basic_pretty()
            .or_else(|| builder.as_ml_literal())
            .unwrap_or_else(|| builder.as_ml_basic())
    } else if lines {
        builder.as_basic()
    } else {
        builder.as_default()
    };
    string.to_toml_value()
}
