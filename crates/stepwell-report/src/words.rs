//! Results in words, signs and colours; the same in every view.

use anstyle::{AnsiColor, Effects, Style};
use std::fmt::Display;
use stepwell_event::{RunResult, StepResult};

pub(crate) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);

/// The sign of what the step wrote.
pub(crate) const GUEST: char = '|';
/// The sign of a problem that the step reported.
pub(crate) const ISSUE: char = '!';
/// The sign of what Stepwell itself says.
pub(crate) const HOST: char = '>';

/// Whether output is coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    /// `text` in `style`.
    pub(crate) fn with(self, style: Style, text: impl Display) -> String {
        match self.0 {
            true => format!("{style}{text}{style:#}"),
            false => text.to_string(),
        }
    }
}

/// The result in the words of every view.
#[must_use]
pub fn step_word(result: StepResult) -> &'static str {
    match result {
        StepResult::Succeeded => "succeeded",
        StepResult::SucceededWithIssues => "succeeded with issues",
        StepResult::Failed => "failed",
        StepResult::Canceled => "canceled",
        StepResult::Skipped => "skipped",
    }
}

pub(crate) fn step_sign(result: StepResult) -> char {
    match result {
        StepResult::Succeeded => '✓',
        StepResult::SucceededWithIssues => '!',
        StepResult::Failed | StepResult::Canceled => '✗',
        StepResult::Skipped => '–',
    }
}

pub(crate) fn step_style(result: StepResult) -> Style {
    match result {
        StepResult::Succeeded => AnsiColor::Green.on_default(),
        StepResult::SucceededWithIssues => AnsiColor::Yellow.on_default(),
        StepResult::Failed | StepResult::Canceled => AnsiColor::Red.on_default(),
        StepResult::Skipped => DIM,
    }
}

pub(crate) fn run_word(result: RunResult) -> &'static str {
    match result {
        RunResult::Succeeded => "succeeded",
        RunResult::PartiallySucceeded => "partially succeeded",
        RunResult::Failed => "failed",
        RunResult::Canceled => "canceled",
    }
}

/// A run has the colour that a step with such a result has.
pub(crate) fn run_style(result: RunResult) -> Style {
    step_style(match result {
        RunResult::Succeeded => StepResult::Succeeded,
        RunResult::PartiallySucceeded => StepResult::SucceededWithIssues,
        RunResult::Failed => StepResult::Failed,
        RunResult::Canceled => StepResult::Canceled,
    })
}
