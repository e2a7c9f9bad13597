//! The stand-in for the host where there is none: in tests on the machine that builds the task.

use crate::bindings::stepwell::task::logging::{Completion, IssueRecord, Level};
use crate::bindings::stepwell::task::outputs::{OutputError, VariableOptions};

/// What a task has subscribed to: nothing.
#[derive(Debug)]
pub(crate) struct Pollable;

pub(crate) fn input(_name: &str) -> Option<String> {
    None
}

pub(crate) fn workspace() -> Option<String> {
    let directory = std::env::current_dir().ok()?;
    directory.into_os_string().into_string().ok()
}

#[expect(clippy::print_stderr, reason = "the test harness captures it")]
pub(crate) fn log(level: Level, message: &str) {
    eprintln!("{level:?}: {message}");
}

#[expect(clippy::print_stderr, reason = "the test harness captures it")]
pub(crate) fn issue(issue: &IssueRecord) {
    eprintln!("{issue:?}");
}

#[expect(clippy::print_stderr, reason = "the test harness captures it")]
pub(crate) fn progress(percent: u32, message: &str) {
    eprintln!("{percent} %: {message}");
}

#[expect(clippy::print_stderr, reason = "the test harness captures it")]
pub(crate) fn complete(result: Completion, message: &str) {
    eprintln!("{result:?}: {message}");
}

pub(crate) fn set_output(_name: &str, _value: &str) -> Result<(), OutputError> {
    Ok(())
}

pub(crate) fn set_variable(
    _name: &str,
    _value: &str,
    _options: VariableOptions,
) -> Result<(), OutputError> {
    Ok(())
}

pub(crate) fn add_secret(_value: &str) -> Result<(), OutputError> {
    Ok(())
}

pub(crate) fn subscribe() -> Pollable {
    Pollable
}

pub(crate) fn requested() -> bool {
    false
}

pub(crate) fn time_left() -> Option<u32> {
    None
}
