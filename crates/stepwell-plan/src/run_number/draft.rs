//! From a format to a number.

use super::token::{Part, Revision};
use super::{FORBIDDEN, MAX_CHARS, RunNumberError, date};
use stepwell_expr::DateTime;

/// What stands for the revision in the key of a draft; no number holds it.
const PLACE: &str = "*";

/// What is known of a run before it has a number.
#[derive(Clone, Copy)]
pub struct RunFacts<'f> {
    /// When it starts; the number shows it in UTC.
    pub now: DateTime,
    /// The identifier of the run.
    pub run_id: i64,
    /// The name of the pipeline.
    pub definition: &'f str,
    /// The branch, with or without `refs/heads/`.
    pub branch: &'f str,
    /// The name of the project.
    pub project: &'f str,
    /// The values of the pipeline's variables, expanded; a name that is not known stays as written.
    pub variables: &'f dyn Fn(&str) -> Option<String>,
}

/// A number without its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pieces: Vec<Piece>,
    key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Revision(Revision),
}

impl Draft {
    pub(super) fn new(parts: &[Part], facts: &RunFacts<'_>) -> Self {
        let mut pieces = Vec::with_capacity(parts.len());
        let mut key = String::new();
        let mut revised = false;
        for part in parts {
            if let Part::Revision(revision) = part {
                key.push_str(&revision.around(PLACE));
                revised = true;
                pieces.push(Piece::Revision(revision.clone()));
            } else {
                let text = text(part, facts);
                key.push_str(&text);
                pieces.push(Piece::Text(text));
            }
            // It is too long already, and a value may be long and be there often.
            if key.len() > 4 * MAX_CHARS {
                break;
            }
        }
        Self {
            pieces,
            key: revised.then_some(key),
        }
    }

    /// For what the revision counts: all other parts of the number. `None` if the number has no
    /// revision. Formats that differ only in how they show the revision have the same key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The number with this revision, which does not matter if there is no [`Draft::key`].
    ///
    /// # Errors
    ///
    /// As [`check_number`].
    pub fn number(&self, revision: u32) -> Result<String, String> {
        let number: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Revision(format) => format.shown(revision),
            })
            .collect();
        check_number(&number)?;
        Ok(number)
    }
}

fn text(part: &Part, facts: &RunFacts<'_>) -> String {
    let now = facts.now.in_utc();
    match part {
        Part::Text(text) => text.clone(),
        Part::Time(pattern) => date::shown(now, pattern).unwrap_or_default(),
        Part::DayOfYear => now.day_of_year().to_string(),
        Part::RunId => facts.run_id.to_string(),
        Part::Definition => facts.definition.to_owned(),
        Part::Branch => {
            let name = facts.branch.rsplit('/').next();
            name.unwrap_or_default().to_owned()
        }
        Part::Project => facts.project.to_owned(),
        Part::Revision(revision) => revision.around(PLACE),
        Part::Variable(name) => (facts.variables)(name).unwrap_or_else(|| format!("$({name})")),
    }
}

/// Checks the number of a run, wherever it comes from.
///
/// # Errors
///
/// It is empty, has more than 255 characters, holds one that no number has, or ends with a dot.
pub fn check_number(number: &str) -> Result<(), String> {
    let length = number.chars().count();
    if length > MAX_CHARS {
        return Err(format!(
            "a run number has at most {MAX_CHARS} characters, and this one has {length}"
        ));
    }
    match forbidden(number) {
        _ if number.trim().is_empty() => Err("the run number is blank".to_owned()),
        Some(letter) => Err(format!(
            "the run number {number:?} holds {}, and no number holds {}",
            shown(letter),
            listed()
        )),
        None if number.ends_with('.') => Err(format!(
            "the run number {number:?} ends with `.`, and no number does"
        )),
        None => Ok(()),
    }
}

/// Whether the parts of a format that are always the same can be in a number.
pub(super) fn check_fixed(parts: &[Part]) -> Result<(), RunNumberError> {
    for part in parts {
        let fixed = match part {
            Part::Text(text) => text.clone(),
            Part::Time(pattern) => date::sample(pattern).unwrap_or_default(),
            Part::Revision(revision) => revision.around(""),
            _ => continue,
        };
        if let Some(letter) = forbidden(&fixed) {
            return Err(RunNumberError {
                message: format!("a run number cannot hold {}", shown(letter)),
                hint: format!("no number holds {}", listed()),
            });
        }
    }
    if let Some(Part::Text(text)) = parts.last()
        && text.ends_with('.')
    {
        return Err(RunNumberError {
            message: "a run number cannot end with `.`".to_owned(),
            hint: "leave the `.` out, or write `$(Rev:r)` after it".to_owned(),
        });
    }
    Ok(())
}

fn forbidden(text: &str) -> Option<char> {
    let is_forbidden = |letter: &char| FORBIDDEN.contains(*letter) || letter.is_control();
    text.chars().find(is_forbidden)
}

fn shown(letter: char) -> String {
    match letter.is_control() {
        true => "a control character".to_owned(),
        false => format!("`{letter}`"),
    }
}

fn listed() -> String {
    let letters: Vec<_> = FORBIDDEN.chars().map(String::from).collect();
    letters.join(" ")
}
