//! Minutes as durations, and other scalars that steps and jobs have in common.

use crate::document::{Table, Value};
use crate::importer::{Importer, all_of};
use crate::text::whole_expression;
use crate::value::{Scalars, scalar};
use crate::yaml::Entry;

/// What `0` minutes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zero {
    /// No limit, which has to be said.
    Unlimited,
    /// What holds anyway.
    Default,
}

impl Importer<'_> {
    /// Minutes as a duration.
    pub(crate) fn minutes(&mut self, table: &mut Table, key: &str, entry: &Entry, zero: Zero) {
        let text = entry.node.text().unwrap_or_default().trim();
        let duration = match text.parse::<u32>() {
            Ok(0) if zero == Zero::Unlimited => "0".to_owned(),
            Ok(0) => {
                table.comment(self.leave(entry, "0 is what holds without it"));
                return;
            }
            Ok(minutes) if minutes % 60 == 0 => format!("{}h", minutes / 60),
            Ok(minutes) => format!("{minutes}m"),
            Err(_) if whole_expression(text).is_some() => format!("{text}m"),
            Err(_) => {
                table.comment(
                    self.leave(entry, "a duration is known before the run, such as \"90m\""),
                );
                return;
            }
        };
        table.put(key, Value::Text(duration), all_of(entry));
    }

    /// A text.
    pub(crate) fn words(&mut self, table: &mut Table, key: &str, entry: &Entry) {
        self.single(table, key, entry, Scalars::Texts);
    }

    /// A truth value or a number.
    pub(crate) fn typed(&mut self, table: &mut Table, key: &str, entry: &Entry) {
        self.single(table, key, entry, Scalars::Typed);
    }

    fn single(&mut self, table: &mut Table, key: &str, entry: &Entry, scalars: Scalars) {
        match scalar(&entry.node, scalars) {
            Some(value) => table.put(key, value, all_of(entry)),
            None => table.comment(self.leave(entry, "a single value is expected")),
        }
    }
}
