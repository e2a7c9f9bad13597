//! The grammar of logging commands: `##vso[area.event key=value;]data`.
//!
//! It is followed to the letter, also where it is odd (a space after `;` belongs to the key),
//! because scripts that were written for Azure Pipelines rely on what its agent does.

use std::borrow::Cow;

/// Starts a command, anywhere in a line.
pub(crate) const PREFIX: &str = "##vso[";

/// A line with this but without a command was probably meant to be one.
const KEYWORD: &str = "##vso";

/// A parsed logging command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command<'a> {
    pub(crate) area: &'a str,
    pub(crate) event: &'a str,
    properties: Vec<(&'a str, Cow<'a, str>)>,
    pub(crate) data: Cow<'a, str>,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'a> {
    /// Text to print.
    Text,
    /// Text to print that looks like a command but is none.
    Illegal,
    /// A command, which is not printed.
    Command(Command<'a>),
}

impl Command<'_> {
    /// The value of a property. Keys ignore case; of several the last counts.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.properties
            .iter()
            .rev()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_ref())
    }

    /// The value of a property that must be there.
    pub(crate) fn required(&self, key: &str, what: &str) -> Result<String, String> {
        self.get(key)
            .map(str::to_owned)
            .ok_or_else(|| format!("it needs the property `{key}`, {what}"))
    }

    /// The value of a property as text of its own.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(str::to_owned)
    }

    /// Whether a property is `true` or `false`, in any case; `default` without it or for another
    /// word.
    pub(crate) fn flag(&self, key: &str, default: bool) -> bool {
        match self.get(key) {
            Some(value) if value.eq_ignore_ascii_case("true") => true,
            Some(value) if value.eq_ignore_ascii_case("false") => false,
            _ => default,
        }
    }

    /// Whether a property is `true`, in any case.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.flag(key, false)
    }
}

/// Parses a line without its end; `percents` says whether `%AZP25` is a percent sign.
pub(crate) fn parse(line: &str, percents: bool) -> Parsed<'_> {
    let Some(at) = line.find(KEYWORD) else {
        return Parsed::Text;
    };
    line.get(at..)
        .and_then(|rest| rest.split_once(PREFIX))
        .and_then(|(_, rest)| rest.split_once(']'))
        .and_then(|(header, data)| parse_parts(header, data, percents))
        .map_or(Parsed::Illegal, Parsed::Command)
}

fn parse_parts<'a>(header: &'a str, data: &'a str, percents: bool) -> Option<Command<'a>> {
    let (name, properties) = header.split_once(' ').unwrap_or((header, ""));
    let mut parts = name.split('.').filter(|part| !part.is_empty());
    let (area, event) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Some(Command {
        area,
        event,
        properties: properties
            .split(';')
            .filter_map(|piece| parse_property(piece, percents))
            .collect(),
        data: unescape(data, percents),
    })
}

/// A piece counts only if something is on both sides of its first run of `=`.
fn parse_property(piece: &str, percents: bool) -> Option<(&str, Cow<'_, str>)> {
    let (key, value) = piece.trim_start_matches('=').split_once('=')?;
    let value = value.trim_start_matches('=');
    (!value.is_empty()).then(|| (key, unescape(value, percents)))
}

const PERCENT: &str = "%AZP25";

const ESCAPES: [(&str, char); 5] = [
    ("%3B", ';'),
    ("%0D", '\r'),
    ("%0A", '\n'),
    ("%5D", ']'),
    (PERCENT, '%'),
];

/// Decodes the escapes of a value in one pass, so that a decoded `%` starts no new one.
pub(crate) fn unescape(text: &str, percents: bool) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.find('%').and_then(|at| rest.split_at_checked(at)) {
        decoded.push_str(before);
        let escape = ESCAPES
            .iter()
            .filter(|(escape, _)| percents || *escape != PERCENT)
            .find_map(|(escape, char)| Some((from.strip_prefix(escape)?, *char)));
        let (after, char) = escape.unwrap_or((from.get(1..).unwrap_or_default(), '%'));
        decoded.push(char);
        rest = after;
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(serde::Deserialize)]
    struct Table {
        case: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Case {
        line: String,
        #[serde(default = "on")]
        decode_percents: bool,
        name: Option<(String, String)>,
        #[serde(default)]
        properties: Vec<(String, String)>,
        #[serde(default)]
        data: String,
        #[serde(default)]
        warned: bool,
    }

    fn on() -> bool {
        true
    }

    #[test]
    fn lines_are_read_as_the_agent_reads_them() {
        let table: Table = toml::from_str(include_str!("../tests/tables/grammar.toml")).unwrap();
        for case in &table.case {
            let line = &case.line;
            let Parsed::Command(command) = parse(line, case.decode_percents) else {
                assert_eq!(case.name, None, "{line}");
                let is_warned = parse(line, case.decode_percents) == Parsed::Illegal;
                assert_eq!(is_warned, case.warned, "{line}");
                continue;
            };
            let name = (command.area.to_owned(), command.event.to_owned());
            assert_eq!(Some(name), case.name, "{line}");
            let parsed: Vec<(String, String)> = command
                .properties
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone().into_owned()))
                .collect();
            assert_eq!(parsed, case.properties, "{line}");
            assert_eq!(command.data, case.data, "{line}");
        }
        println!("semantics: 1.2 {}", table.case.len());
    }

    #[test]
    fn the_last_of_equal_keys_counts_in_any_case() {
        let Parsed::Command(command) = parse("##vso[a.b K=1;k=2;f=TRUE;g=yes]", true) else {
            panic!("no command");
        };
        assert_eq!(command.get("K"), Some("2"));
        assert!(command.is_set("F"));
        assert!(!command.is_set("g"));
        assert!(!command.is_set("h"));
    }

    proptest! {
        #[test]
        fn what_a_writer_escapes_is_read_back(value in "[a-z%;\\]=\r\n3BDAZP25]{1,40}", data in "\\PC{0,40}") {
            let escape = |text: &str| {
                text.replace('%', "%AZP25")
                    .replace(';', "%3B")
                    .replace('\r', "%0D")
                    .replace('\n', "%0A")
                    .replace(']', "%5D")
            };
            let line = format!("##vso[a.b k=.{};]{}", escape(&value), escape(&data));
            let Parsed::Command(command) = parse(&line, true) else {
                return Err(TestCaseError::fail("no command"));
            };
            let expect = format!(".{value}");
            prop_assert_eq!(command.get("k"), Some(expect.as_str()));
            prop_assert_eq!(command.data, data);
        }
    }
}
