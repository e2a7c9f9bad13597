//! The tokens of a format.

use super::{MAX_CHARS, RunNumberError, date};
use stepwell_spec::did_you_mean;

/// The tokens by name, besides variables.
pub(crate) const NAMES: [&str; 13] = [
    "Build.BuildId",
    "Build.DefinitionName",
    "Date",
    "DayOfMonth",
    "DayOfYear",
    "Hours",
    "Minutes",
    "Month",
    "Rev",
    "Seconds",
    "SourceBranchName",
    "TeamProject",
    "Year",
];

/// A part of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// The time in UTC, with these specifiers.
    Time(String),
    DayOfYear,
    RunId,
    Definition,
    /// The last part of the branch.
    Branch,
    Project,
    Revision(Revision),
    /// A variable of the pipeline.
    Variable(String),
}

/// The revision with text around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    before: String,
    digits: usize,
    after: String,
}

impl Part {
    pub(crate) fn revision(before: &str, digits: usize, after: &str) -> Self {
        Self::Revision(Revision {
            before: before.to_owned(),
            digits,
            after: after.to_owned(),
        })
    }
}

impl Revision {
    /// The revision with as many digits at least as the format says.
    pub(crate) fn shown(&self, revision: u32) -> String {
        self.around(&format!("{revision:0width$}", width = self.digits))
    }

    /// `inner` in place of the digits.
    pub(crate) fn around(&self, inner: &str) -> String {
        format!("{}{inner}{}", self.before, self.after)
    }
}

/// Reads a format. What is no token is text.
pub(crate) fn read(text: &str) -> Result<Vec<Part>, RunNumberError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        let Some((inner, behind)) = after.split_once(')') else {
            return Err(RunNumberError {
                message: format!("`$({after}` in the run number is not closed"),
                hint: "write `$(NAME)`".to_owned(),
            });
        };
        literal.push_str(before);
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut literal)));
        }
        parts.push(token(inner)?);
        rest = behind;
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(parts)
}

fn token(inner: &str) -> Result<Part, RunNumberError> {
    if let Some((name, format)) = inner.split_once(':') {
        return match name.to_ascii_lowercase().as_str() {
            "date" | "year" => time(inner, format),
            "rev" => revision(inner, format),
            _ => Err(RunNumberError {
                message: format!("the run number has the unknown token `$({inner})`"),
                hint: did_you_mean(
                    name,
                    ["Date", "Rev", "Year"],
                    "tokens with a colon are `$(Date:yyyyMMdd)`, `$(Rev:r)` and `$(Year:yyyy)`",
                ),
            }),
        };
    }
    Ok(match inner.to_ascii_lowercase().as_str() {
        "build.buildid" => Part::RunId,
        "build.definitionname" => Part::Definition,
        "dayofmonth" => Part::Time("d".to_owned()),
        "dayofyear" => Part::DayOfYear,
        "hours" => Part::Time("H".to_owned()),
        "minutes" => Part::Time("m".to_owned()),
        "month" => Part::Time("M".to_owned()),
        "seconds" => Part::Time("s".to_owned()),
        "sourcebranchname" => Part::Branch,
        "teamproject" => Part::Project,
        "date" => return Err(bare(inner, "Date:yyyyMMdd")),
        "rev" => return Err(bare(inner, "Rev:r")),
        "year" => return Err(bare(inner, "Year:yyyy")),
        name if name.trim().is_empty() => {
            return Err(RunNumberError {
                message: "the run number has a token without a name".to_owned(),
                hint: "write `$(NAME)`".to_owned(),
            });
        }
        _ => Part::Variable(inner.to_owned()),
    })
}

fn bare(inner: &str, example: &str) -> RunNumberError {
    RunNumberError {
        message: format!("the token `$({inner})` of the run number needs a format"),
        hint: format!("write `$({example})`"),
    }
}

fn time(inner: &str, format: &str) -> Result<Part, RunNumberError> {
    match date::sample(format) {
        Some(_) => Ok(Part::Time(format.to_owned())),
        None => Err(RunNumberError {
            message: format!("`$({inner})` in the run number is no format of a date"),
            hint: "such a format is made of yyyy, MM, dd, HH, mm, ss and their like, as in \
                   `$(Date:yyyyMMdd)`"
                .to_owned(),
        }),
    }
}

/// `r`, as often as there are digits at least, with text that has no letters around it.
fn revision(inner: &str, format: &str) -> Result<Part, RunNumberError> {
    let is_r = |letter: char| letter.eq_ignore_ascii_case(&'r');
    let plain = |text: &str| !text.contains(char::is_alphabetic);
    let start = format.find(is_r).unwrap_or(format.len());
    let (before, rest) = format.split_at(start);
    let after = rest.trim_start_matches(is_r);
    let digits = rest.len() - after.len();
    if digits == 0 || digits > MAX_CHARS || !plain(before) || !plain(after) {
        return Err(RunNumberError {
            message: format!("`$({inner})` in the run number is no format of a revision"),
            hint: "write `$(Rev:r)`, with more `r` for leading zeros, or `$(Rev:.r)`".to_owned(),
        });
    }
    Ok(Part::revision(before, digits, after))
}
