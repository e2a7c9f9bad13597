//! The stand-in for the host where there is none: in tests on the machine that builds the task.

use crate::bindings::stepwell::task::logging::{Completion, DetailUpdate, IssueRecord, Level};
use crate::bindings::stepwell::task::outputs::{EndpointField, OutputError, VariableOptions};
use crate::bindings::stepwell::task::publishing::{CodeCoverage, TestResults};
use crate::bindings::stepwell::task::refusals::Refusal;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

thread_local! {
    static WORKSPACE: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Makes `directory` the workspace of what `test` does on this thread. It is there for tests on
/// the machine that builds the task, and only there.
///
/// ```
/// use stepwell_task::{FromInput, WorkspacePath, with_workspace};
///
/// let directory = std::env::temp_dir();
/// with_workspace(&directory, || {
///     let path = WorkspacePath::from_input("notes.txt").unwrap();
///     assert_eq!(path.as_ref(), directory.join("notes.txt"));
/// });
/// ```
pub fn with_workspace<T>(directory: impl AsRef<Path>, test: impl FnOnce() -> T) -> T {
    let directory = directory.as_ref().to_owned();
    let outer = WORKSPACE.replace(Some(directory));
    let result = test();
    WORKSPACE.set(outer);
    result
}

/// What a task has subscribed to: nothing.
#[derive(Debug)]
pub(crate) struct Pollable;

pub(crate) fn input(_name: &str) -> Option<String> {
    None
}

pub(crate) fn secret(_name: &str) -> Result<String, Refusal> {
    let message = "there are no secrets where there is no Stepwell";
    Err(Refusal::Denied(message.to_owned()))
}

pub(crate) fn workspace() -> Option<String> {
    let chosen = WORKSPACE.with_borrow(Clone::clone);
    let directory = chosen.or_else(|| std::env::current_dir().ok())?;
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

pub(crate) fn detail(_update: &DetailUpdate) -> Result<(), Refusal> {
    Ok(())
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

pub(crate) fn prepend_path(_path: &str) -> Result<(), OutputError> {
    Ok(())
}

pub(crate) fn set_task_variable(
    _name: &str,
    _value: &str,
    _options: VariableOptions,
) -> Result<(), OutputError> {
    Ok(())
}

pub(crate) fn set_endpoint(
    _id: &str,
    _field: &EndpointField,
    _value: &str,
) -> Result<(), OutputError> {
    Ok(())
}

pub(crate) fn attach_file(_kind: &str, _name: &str, _path: &str) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn add_summary(_path: &str) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn keep_file(_path: &str) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn keep_log(_path: &str) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn publish_artifact(
    _name: &str,
    _folder: Option<&str>,
    _path: &str,
) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn link_artifact(
    _name: &str,
    _kind: Option<&str>,
    _location: &str,
) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn publish_test_results(_results: &TestResults) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn publish_coverage(_coverage: &CodeCoverage) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn set_run_number(_number: &str) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn add_tag(_tag: &str) -> Result<(), Refusal> {
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
