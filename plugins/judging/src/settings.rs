//! What the user configured for an oracle or notifier.
//!
//! The host hands over a JSON object. Each setting is taken out of it by name and type; what is left
//! in the end is a mistake of the user, because a setting that is ignored in silence changes what is
//! looked for.

use serde_json::{Map, Value};
use std::fmt::Display;
use std::str::FromStr;

/// A problem for the user, in one line.
pub type Result<T> = std::result::Result<T, String>;

/// The settings that were not taken yet.
#[derive(Debug)]
pub struct Settings {
    values: Map<String, Value>,
    /// The names that were asked for, for the message about one that was not.
    known: Vec<&'static str>,
}

impl Settings {
    /// From the text of a JSON object; the empty text is one without settings.
    ///
    /// # Errors
    ///
    /// It is no object.
    pub fn new(config: &str) -> Result<Self> {
        let values = match config.trim() {
            "" => Map::new(),
            text => serde_json::from_str(text)
                .map_err(|error| format!("the inputs are no JSON object: {error}"))?,
        };
        Ok(Self {
            values,
            known: Vec::new(),
        })
    }

    /// A text.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        self.take(name)
            .map(|value| text_of(value).ok_or_else(|| not(name, "a text")))
            .transpose()
    }

    /// A text that has to be there.
    ///
    /// # Errors
    ///
    /// It is not, or something else.
    pub fn required_text(&mut self, name: &'static str) -> Result<String> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| format!("input `{name}` is missing"))
    }

    /// A list of texts, or one; empty if there is none.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn texts(&mut self, name: &'static str) -> Result<Vec<String>> {
        let texts: Option<Vec<String>> = match self.take(name) {
            None => Some(Vec::new()),
            Some(Value::Array(items)) => items.into_iter().map(text_of).collect(),
            Some(value) => text_of(value).map(|text| vec![text]),
        };
        texts.ok_or_else(|| not(name, "a list of texts"))
    }

    /// A table of texts, in the order of its keys; empty if there is none.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn table(&mut self, name: &'static str) -> Result<Vec<(String, String)>> {
        let Some(value) = self.take(name) else {
            return Ok(Vec::new());
        };
        let Value::Object(table) = value else {
            return Err(not(name, "a table of texts"));
        };
        let entries = table
            .into_iter()
            .map(|(key, value)| Some((key, text_of(value)?)));
        let entries: Option<Vec<_>> = entries.collect();
        entries.ok_or_else(|| not(name, "a table of texts"))
    }

    /// A number.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn number(&mut self, name: &'static str) -> Result<Option<f64>> {
        match self.parsed::<f64>(name, "no number")? {
            Some(number) if !number.is_finite() => Err(format!("input `{name}` is no number")),
            number => Ok(number),
        }
    }

    /// A number from `low` to `high`.
    ///
    /// # Errors
    ///
    /// It is none, or outside of the bounds.
    pub fn number_in(
        &mut self,
        name: &'static str,
        default: f64,
        [low, high]: [f64; 2],
    ) -> Result<f64> {
        let number = self.number(name)?.unwrap_or(default);
        within(name, number, low, high)
    }

    /// A whole number from `low` to `high`.
    ///
    /// # Errors
    ///
    /// It is none, or outside of the bounds.
    pub fn count(
        &mut self,
        name: &'static str,
        default: u32,
        [low, high]: [u32; 2],
    ) -> Result<u32> {
        let count = self.parsed(name, "no whole number")?.unwrap_or(default);
        within(name, count, low, high)
    }

    /// A list of numbers; empty if there is none.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn numbers(&mut self, name: &'static str) -> Result<Vec<f64>> {
        let numbers: Option<Vec<f64>> = match self.take(name) {
            None => Some(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(Value::as_f64).collect(),
            Some(_) => None,
        };
        numbers.ok_or_else(|| not(name, "a list of numbers"))
    }

    /// One of these words; the first if there is none.
    ///
    /// # Errors
    ///
    /// It is none of them.
    pub fn choice<T: Copy, const N: usize>(
        &mut self,
        name: &'static str,
        choices: [(&str, T); N],
    ) -> Result<T> {
        let text = self.text(name)?;
        let mut candidates = choices.iter();
        let found = match &text {
            None => candidates.next(),
            Some(text) => candidates.find(|(word, _)| word == text),
        };
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<_> = choices
                .iter()
                .map(|(word, _)| format!("`{word}`"))
                .collect();
            let text = text.unwrap_or_default();
            format!(
                "input `{name}` is `{text}`; it can be {}",
                words.join(" or ")
            )
        })
    }

    /// To be called after everything was taken.
    ///
    /// # Errors
    ///
    /// There is a setting that nobody asked for.
    pub fn end(self) -> Result<()> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) if self.known.is_empty() => {
                Err(format!("there is no input `{name}`: it takes none"))
            }
            Some(name) => {
                let known = self.known.join(", ");
                Err(format!("there is no input `{name}`; there are: {known}"))
            }
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// A value that may also be given as a text, as on a command line.
    fn parsed<T: FromStr>(&mut self, name: &'static str, problem: &str) -> Result<Option<T>> {
        let value = self.take(name).map(text_of);
        let parsed = value.map(|text| text?.trim().parse().ok());
        match parsed {
            None => Ok(None),
            Some(Some(value)) => Ok(Some(value)),
            Some(None) => Err(format!("input `{name}` is {problem}")),
        }
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn not(name: &str, kind: &str) -> String {
    format!("input `{name}` is not {kind}")
}

fn within<T: PartialOrd + Display>(name: &str, value: T, low: T, high: T) -> Result<T> {
    if value < low || value > high {
        return Err(format!(
            "input `{name}` is {value}; it has to be from {low} to {high}"
        ));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_by_name_and_type() {
        let mut settings = Settings::new(
            r#"{"a": "x", "b": ["x", 2], "c": {"k": "v", "n": 1}, "e": 0.5, "f": [1, 2.5],
                "g": "7", "i": "one", "j": null}"#,
        )
        .unwrap();
        assert_eq!(settings.required_text("a").unwrap(), "x");
        assert_eq!(settings.texts("b").unwrap(), ["x", "2"]);
        let pairs = [("k", "v"), ("n", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(settings.table("c").unwrap(), pairs);
        assert_eq!(settings.number("e").unwrap(), Some(0.5));
        assert_eq!(settings.numbers("f").unwrap(), [1.0, 2.5]);
        assert_eq!(settings.count("g", 1, [1, 9]).unwrap(), 7);
        assert_eq!(settings.texts("i").unwrap(), ["one"]);
        assert_eq!(settings.text("j").unwrap(), None);
        assert_eq!(settings.number_in("k", 0.1, [0.0, 1.0]).unwrap(), 0.1);
        assert_eq!(settings.choice("l", [("x", 1), ("y", 2)]).unwrap(), 1);
        assert_eq!(settings.end(), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_name() {
        let check = |config: &str, read: fn(&mut Settings) -> Result<()>, problem: &str| {
            let mut settings = Settings::new(config).unwrap();
            assert_eq!(read(&mut settings).unwrap_err(), problem);
        };
        check(
            r#"{"a": []}"#,
            |s| s.text("a").map(drop),
            "input `a` is not a text",
        );
        check(
            "{}",
            |s| s.required_text("a").map(drop),
            "input `a` is missing",
        );
        check(
            r#"{"a": "nan"}"#,
            |s| s.number("a").map(drop),
            "input `a` is no number",
        );
        check(
            r#"{"a": -1}"#,
            |s| s.count("a", 1, [1, 9]).map(drop),
            "input `a` is no whole number",
        );
        check(
            r#"{"a": 10}"#,
            |s| s.count("a", 1, [1, 9]).map(drop),
            "input `a` is 10; it has to be from 1 to 9",
        );
        check(
            r#"{"a": 1}"#,
            |s| s.numbers("a").map(drop),
            "input `a` is not a list of numbers",
        );
        check(
            r#"{"a": "z"}"#,
            |s| s.choice("a", [("x", 1), ("y", 2)]).map(drop),
            "input `a` is `z`; it can be `x` or `y`",
        );
        assert!(
            Settings::new("[1]")
                .unwrap_err()
                .starts_with("the inputs are no JSON object")
        );
    }

    #[test]
    fn a_setting_that_nobody_asked_for_is_a_mistake() {
        let mut settings = Settings::new(r#"{"tset": "x"}"#).unwrap();
        assert_eq!(settings.text("test"), Ok(None));
        let problem = settings.end().unwrap_err();
        assert_eq!(problem, "there is no input `tset`; there are: test");
        let empty = Settings::new(r#"{"x": 1}"#).unwrap();
        assert_eq!(
            empty.end().unwrap_err(),
            "there is no input `x`: it takes none"
        );
    }
}
