//! The number that a run measured.

use serde_json::Value;

/// How the number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `name value`, with a colon or an equals sign between them if the tool likes; the last counts.
    Lines,
    /// An object; the name is a key of it, or a pointer such as `/parse/mean`.
    Json,
}

impl Format {
    /// The number called `name`, if it is there.
    pub(crate) fn read(self, text: &str, name: &str) -> Option<f64> {
        let number = match self {
            Self::Lines => text.lines().rev().find_map(|line| in_line(line, name)),
            Self::Json => in_json(text, name),
        };
        number.filter(|number| number.is_finite())
    }
}

fn in_line(line: &str, name: &str) -> Option<f64> {
    line.match_indices(name).find_map(|(at, _)| {
        let (before, from) = line.split_at(at);
        let after = from.strip_prefix(name)?;
        let value = after.trim_start_matches([' ', '\t', ':', '=']);
        let stands_alone = before.is_empty() || before.ends_with([' ', '\t', '|', ']', ',']);
        if !stands_alone || value.len() == after.len() {
            return None;
        }
        value.split([' ', '\t', ',']).next()?.parse().ok()
    })
}

/// The text as a whole or, if it is a log, the last line of it that is an object with that number.
fn in_json(text: &str, name: &str) -> Option<f64> {
    let of_object = |text: &str| {
        let value: Value = serde_json::from_str(text).ok()?;
        let number = if name.starts_with('/') {
            value.pointer(name)
        } else {
            value.get(name)
        };
        number?.as_f64()
    };
    of_object(text).or_else(|| {
        let objects = text.lines().filter_map(|line| line.get(line.find('{')?..));
        objects.rev().find_map(of_object)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_lines() {
        let log = "building\nparse time: 3 of 4\nparse 12.5 ms\nparse/large = 40\nreparse 7\nmain/bench | emit\t1e3\n";
        for (name, expected) in [
            ("parse", Some(12.5)),
            ("parse/large", Some(40.0)),
            ("parse time", Some(3.0)),
            ("emit", Some(1000.0)),
            ("pars", None),
            ("building", None),
            ("none", None),
        ] {
            assert_eq!(Format::Lines.read(log, name), expected, "{name}");
        }
        assert_eq!(Format::Lines.read("t 1\nt 2\nt x", "t"), Some(2.0));
        assert_eq!(Format::Lines.read("t NaN\nt inf", "t"), None);
    }

    #[test]
    fn numbers_are_read_from_json() {
        let file = r#"{"mean": 3, "parse": {"mean": 1.5}, "name": "x"}"#;
        for (name, expected) in [
            ("mean", Some(3.0)),
            ("/parse/mean", Some(1.5)),
            ("name", None),
            ("/parse", None),
            ("median", None),
        ] {
            assert_eq!(Format::Json.read(file, name), expected, "{name}");
        }
        let log = "start\nmain | {\"mean\": 1}\n{\"mean\": 2}\n{\"other\": 3}\nend {";
        assert_eq!(Format::Json.read(log, "mean"), Some(2.0));
    }
}
