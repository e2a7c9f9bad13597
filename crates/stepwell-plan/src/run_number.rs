//! How runs are numbered.
//!
//! A number comes into being in two steps, since a revision is counted in a store: the format and
//! what is known of the run give a [`Draft`], which says for what the revision counts; the revision
//! makes it a number.

mod date;
mod draft;
mod token;

pub use draft::{Draft, RunFacts, check_number};

use crate::Request;
use crate::suggestion::suggestion;
use std::collections::HashSet;
use std::fmt;
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{Pipeline, name};
use token::Part;

/// The longest number, in characters.
pub(crate) const MAX_CHARS: usize = 255;

/// What no number holds.
const FORBIDDEN: &str = "\"/\\:<>'|?@*";

/// The format of a pipeline's run numbers. Two are equal if they give the same numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNumberFormat {
    parts: Vec<Part>,
}

/// Why a text is not the format of run numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNumberError {
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for RunNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RunNumberError {}

impl Default for RunNumberFormat {
    /// `$(Date:yyyyMMdd).$(Rev:r)`
    fn default() -> Self {
        Self {
            parts: vec![
                Part::Time("yyyyMMdd".to_owned()),
                Part::Text(".".to_owned()),
                Part::revision("", 1, ""),
            ],
        }
    }
}

impl RunNumberFormat {
    /// Reads a format: text with tokens such as `$(Date:yyyyMMdd)`, `$(Rev:r)` and `$(variable)`. A
    /// blank one numbers runs by their identifiers.
    ///
    /// # Errors
    ///
    /// A token cannot be read, or every number of this format has a character that no number has.
    pub fn parse(text: &str) -> Result<Self, RunNumberError> {
        if text.trim().is_empty() {
            return Ok(Self {
                parts: vec![Part::RunId],
            });
        }
        let parts = token::read(text)?;
        draft::check_fixed(&parts)?;
        Ok(Self { parts })
    }

    /// The number without its revision.
    #[must_use]
    pub fn draft(&self, facts: &RunFacts<'_>) -> Draft {
        Draft::new(&self.parts, facts)
    }
}

/// The format of the pipeline's run numbers. Reports one that is wrong, and warns of variables that
/// nobody sets.
pub(crate) fn planned(
    pipeline: &Pipeline,
    request: &Request<'_>,
    problems: &mut Vec<Diagnostic>,
) -> RunNumberFormat {
    let Some(written) = &pipeline.run_number else {
        return RunNumberFormat::default();
    };
    let format = RunNumberFormat::parse(&written.value).unwrap_or_else(|error| {
        problems.push(
            Diagnostic::error("invalid-run-number", error.message)
                .at(written.span.clone(), "")
                .help(error.hint),
        );
        RunNumberFormat::default()
    });
    let own = pipeline.variables.iter();
    let own = own.map(|variable| &variable.name.value);
    let given = request.variables.iter().map(|(name, _)| name);
    let known: HashSet<_> = own.chain(given).map(|name| name::fold(name)).collect();
    for part in &format.parts {
        let Part::Variable(variable) = part else {
            continue;
        };
        if known.contains(&name::fold(variable)) || name::is_system_variable(variable) {
            continue;
        }
        let names = pipeline.variables.iter();
        let names = names.map(|variable| variable.name.value.as_str());
        let otherwise = "the pipeline declares no such variable, nor is it a token";
        let candidates = names.chain(token::NAMES);
        let label = suggestion(problems, variable, candidates, otherwise);
        problems.push(
            Diagnostic::warning(
                "unknown-variable",
                format!("the run number names the unknown variable `{variable}`"),
            )
            .at(written.span.clone(), label)
            .help("unless the command line gives it a value, it is in the number as it stands"),
        );
    }
    format
}
