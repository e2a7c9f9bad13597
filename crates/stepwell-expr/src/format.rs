//! The text that `format` is given.
//!
//! `{0}` stands for the first argument after the text, `{{` and `}}` for a brace, and `{0:spec}` for
//! a point in time shown in a certain way. Any other brace is an error.

use crate::datetime::DateTime;

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Text(String),
    Argument { index: usize, specifiers: String },
}

/// Splits the text; the error says what is wrong with it.
pub(crate) fn segments(text: &str, arguments: usize) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, at) = rest.split_at_checked(brace).unwrap_or((rest, ""));
        literal.push_str(before);
        if let Some(after) = at.strip_prefix("{{") {
            literal.push('{');
            rest = after;
        } else if let Some(after) = at.strip_prefix("}}") {
            literal.push('}');
            rest = after;
        } else {
            let (index, specifiers, after) = placeholder(at)
                .ok_or("the format has a brace that is neither doubled nor part of `{0}`")?;
            if index >= arguments {
                let plural = if arguments == 1 { "" } else { "s" };
                return Err(format!(
                    "the format refers to {{{index}}}, but has only {arguments} more argument{plural}"
                ));
            }
            segments.push(Segment::Text(std::mem::take(&mut literal)));
            segments.push(Segment::Argument { index, specifiers });
            rest = after;
        }
    }
    literal.push_str(rest);
    segments.push(Segment::Text(literal));
    Ok(segments)
}

/// Reads `{0}` or `{0:spec}`: the number, the specifiers, and what follows.
fn placeholder(text: &str) -> Option<(usize, String, &str)> {
    let inner = text.strip_prefix('{')?;
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = inner.split_at_checked(digits)?;
    let index = number.parse::<u8>().ok()?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some((index.into(), String::new(), after));
    }
    let mut specifiers = String::new();
    let mut rest = rest.strip_prefix(':')?;
    loop {
        let (part, after) = rest.split_once('}')?;
        specifiers.push_str(part);
        match after.strip_prefix('}') {
            Some(more) => {
                specifiers.push('}');
                rest = more;
            }
            None => return Some((index.into(), specifiers, after)),
        }
    }
}

/// A point in time in the way that the specifiers say; `None` if they cannot be read.
pub(crate) fn point_in_time(time: DateTime, specifiers: &str) -> Option<String> {
    let mut shown = String::new();
    let mut rest = specifiers;
    while let Some(letter) = rest.chars().next() {
        if letter == '\\' {
            let mut letters = rest.chars();
            letters.next();
            shown.push(letters.next()?);
            rest = letters.as_str();
        } else {
            let (run, after) =
                rest.split_at_checked(rest.len() - rest.trim_start_matches(letter).len())?;
            shown.push_str(&specified(time, run)?);
            rest = after;
        }
    }
    Some(shown)
}

/// What one specifier stands for.
fn specified(time: DateTime, specifier: &str) -> Option<String> {
    let fields = time.fields();
    Some(match specifier {
        "yyyy" => format!("{:04}", fields.year),
        "yy" => format!("{:02}", fields.year % 100),
        "MM" => format!("{:02}", fields.month),
        "M" => fields.month.to_string(),
        "dd" => format!("{:02}", fields.day),
        "d" => fields.day.to_string(),
        "HH" => format!("{:02}", fields.hour),
        "H" => fields.hour.to_string(),
        "mm" => format!("{:02}", fields.minute),
        "m" => fields.minute.to_string(),
        "ss" => format!("{:02}", fields.second),
        "s" => fields.second.to_string(),
        "f" | "ff" | "fff" | "ffff" | "fffff" | "ffffff" | "fffffff" => {
            let fraction = format!("{:07}", fields.fraction);
            fraction.get(..specifier.len())?.to_owned()
        }
        "zzz" | "K" => time.offset_text(),
        blanks if blanks.starts_with(' ') => blanks.to_owned(),
        _ => return None,
    })
}
