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

    /// Whether a property is `true`, in any case.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.get(key)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// Parses a line without its end.
pub(crate) fn parse(line: &str) -> Parsed<'_> {
    let Some(at) = line.find(KEYWORD) else {
        return Parsed::Text;
    };
    line.get(at..)
        .and_then(|rest| rest.split_once(PREFIX))
        .and_then(|(_, rest)| rest.split_once(']'))
        .and_then(|(header, data)| parse_parts(header, data))
        .map_or(Parsed::Illegal, Parsed::Command)
}

fn parse_parts<'a>(header: &'a str, data: &'a str) -> Option<Command<'a>> {
    let (name, properties) = header.split_once(' ').unwrap_or((header, ""));
    let mut parts = name.split('.').filter(|part| !part.is_empty());
    let (area, event) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Some(Command {
        area,
        event,
        properties: properties.split(';').filter_map(parse_property).collect(),
        data: unescape(data),
    })
}

/// A piece counts only if something is on both sides of its first run of `=`.
fn parse_property(piece: &str) -> Option<(&str, Cow<'_, str>)> {
    let (key, value) = piece.trim_start_matches('=').split_once('=')?;
    let value = value.trim_start_matches('=');
    (!value.is_empty()).then(|| (key, unescape(value)))
}

const ESCAPES: [(&str, char); 5] = [
    ("%3B", ';'),
    ("%0D", '\r'),
    ("%0A", '\n'),
    ("%5D", ']'),
    ("%AZP25", '%'),
];

/// Decodes the escapes of a value in one pass, so that a decoded `%` starts no new one.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.find('%').and_then(|at| rest.split_at_checked(at)) {
        decoded.push_str(before);
        let escape = ESCAPES
            .iter()
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

    /// Area, event, properties in order, data.
    fn check(line: &str, name: (&str, &str), properties: &[(&str, &str)], data: &str) {
        let Parsed::Command(command) = parse(line) else {
            panic!("{line} is no command");
        };
        assert_eq!((command.area, command.event), name, "{line}");
        let parsed: Vec<(&str, &str)> = command
            .properties
            .iter()
            .map(|(key, value)| (*key, value.as_ref()))
            .collect();
        assert_eq!(parsed, properties, "{line}");
        assert_eq!(command.data, data, "{line}");
    }

    #[test]
    fn commands_of_the_agents_own_table() {
        let name = ("area", "event");
        check("##vso[area.event k1=v1;]msg", name, &[("k1", "v1")], "msg");
        check("##vso[area.event]", name, &[], "");
        check(
            "##vso[area.event k1=%3B=%0D=%0A=%5D%AZP25;]%3B-%0D-%0A-%5D%AZP253B",
            name,
            &[("k1", ";=\r=\n=]%")],
            ";-\r-\n-]%3B",
        );
        check("##vso[area.event k1=;k2=;]", name, &[], "");
        check(
            ">>>   ##vso[area.event k1=v1;]msg",
            name,
            &[("k1", "v1")],
            "msg",
        );
    }

    #[test]
    fn odd_commands_are_read_as_the_agent_reads_them() {
        let name = ("a", "b");
        check("##vso[a..b]x", name, &[], "x");
        check("##vso[.a.b.]x", name, &[], "x");
        check("##vso[a.b k=x=y]d", name, &[("k", "x=y")], "d");
        check(
            "##vso[a.b k==v;=l=w;;m;n=]",
            name,
            &[("k", "v"), ("l", "w")],
            "",
        );
        check(
            "##vso[a.b k=v; isOutput=true]x",
            name,
            &[("k", "v"), (" isOutput", "true")],
            "x",
        );
        check("##vso[a.b k= v w ;]", name, &[("k", " v w ")], "");
        check("##vso[a.b]##vso[c.d]x", name, &[], "##vso[c.d]x");
        check("##vso ##vso[a.b]%3b%", name, &[], "%3b%");
        check("##vso[a.b]%%3BB%é", name, &[], "%;B%é");
    }

    #[test]
    fn the_last_of_equal_keys_counts_in_any_case() {
        let Parsed::Command(command) = parse("##vso[a.b K=1;k=2;f=TRUE;g=yes]") else {
            panic!("no command");
        };
        assert_eq!(command.get("K"), Some("2"));
        assert!(command.is_set("F"));
        assert!(!command.is_set("g"));
        assert!(!command.is_set("h"));
    }

    #[test]
    fn what_is_no_command_is_printed_and_some_of_it_warned_of() {
        for line in [
            "",
            "plain",
            "##VSO[task.debug]x",
            "#vso[a.b]x",
            "##[error]x",
        ] {
            assert_eq!(parse(line), Parsed::Text, "{line}");
        }
        for line in [
            "##vso[task]x",
            "##vso[a.b.c]x",
            "##vso[ a.b]x",
            "##vso[a.b x",
            "##vso[]",
            "##vso",
        ] {
            assert_eq!(parse(line), Parsed::Illegal, "{line}");
        }
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
            let Parsed::Command(command) = parse(&line) else {
                return Err(TestCaseError::fail("no command"));
            };
            let expect = format!(".{value}");
            prop_assert_eq!(command.get("k"), Some(expect.as_str()));
            prop_assert_eq!(command.data, data);
        }
    }
}
