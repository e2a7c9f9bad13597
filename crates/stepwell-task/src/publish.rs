//! What a task leaves to those who read the run.

use crate::bindings::stepwell::task::publishing::{self, CodeCoverage};
use crate::bindings::stepwell::task::refusals::Refusal;
use crate::{Failure, Result, host};

pub use crate::bindings::stepwell::task::publishing::{CoverageFormat, TestFormat};

/// Keeps a file of the workspace with the step. The name tells attachments of one kind apart.
///
/// # Errors
///
/// If the host refuses it. A file that is missing when the step has ended fails the step.
pub fn attach_file(kind: &str, name: &str, path: impl ToString) -> Result {
    let path = path.to_string();
    host::attach_file(kind, name, &path).map_err(|error| refused("attach", &path, error))
}

/// Shows a file of the workspace, in Markdown, in the reports of the run.
///
/// ```
/// use stepwell_task::{Result, WorkspacePath, add_summary};
///
/// fn summarize(broken: usize, summary: &WorkspacePath) -> Result {
///     summary.write(format!("**{broken}** links are broken.\n"))?;
///     add_summary(summary)
/// }
/// ```
///
/// # Errors
///
/// If the host refuses it. A file that is missing when the step has ended fails the step.
pub fn add_summary(path: impl ToString) -> Result {
    let path = path.to_string();
    host::add_summary(&path).map_err(|error| refused("show", &path, error))
}

/// Keeps a file of the workspace with the logs.
///
/// # Errors
///
/// If the host refuses it. A file that is missing when the step has ended fails the step.
pub fn keep_file(path: impl ToString) -> Result {
    let path = path.to_string();
    host::keep_file(&path).map_err(|error| refused("keep", &path, error))
}

/// Keeps a file of the workspace as a log.
///
/// # Errors
///
/// If the host refuses it. A file that is missing when the step has ended fails the step.
pub fn keep_log(path: impl ToString) -> Result {
    let path = path.to_string();
    host::keep_log(&path).map_err(|error| refused("keep", &path, error))
}

/// Keeps a file of the workspace, or all files of a directory, as part of an artifact of the run.
/// They are in a folder of the artifact's name.
///
/// # Errors
///
/// If the host refuses it. A file that is missing when the step has ended fails the step.
pub fn publish_artifact(name: &str, path: impl ToString) -> Result {
    host::publish_artifact(name, None, &path.to_string())
        .map_err(|error| refused("publish artifact", name, error))
}

/// Like [`publish_artifact`], in a folder of the task's choice.
///
/// # Errors
///
/// If the host refuses it. A file that is missing when the step has ended fails the step.
pub fn publish_artifact_in(folder: &str, name: &str, path: impl ToString) -> Result {
    host::publish_artifact(name, Some(folder), &path.to_string())
        .map_err(|error| refused("publish artifact", name, error))
}

/// Says where an artifact of the run is that is kept elsewhere, and what kind of place that is,
/// such as `filepath`.
///
/// # Errors
///
/// If the host refuses it.
pub fn link_artifact(name: &str, kind: &str, location: &str) -> Result {
    host::link_artifact(name, Some(kind), location)
        .map_err(|error| refused("link artifact", name, error))
}

/// Gives the run another number.
///
/// # Errors
///
/// If the host refuses it.
pub fn set_run_number(number: &str) -> Result {
    host::set_run_number(number).map_err(|error| refused("set run number", number, error))
}

/// Puts a tag on the run.
///
/// # Errors
///
/// If the host refuses it.
pub fn add_tag(tag: &str) -> Result {
    host::add_tag(tag).map_err(|error| refused("add tag", tag, error))
}

/// Files of the workspace with test results, to be counted.
///
/// ```
/// use stepwell_task::{TestFormat, TestResults};
///
/// TestResults::new(TestFormat::Junit, ["target/junit/*.xml"])
///     .title("unit tests")
///     .fail_on_failed_tests(true)
///     .publish()?;
/// # Ok::<(), stepwell_task::Failure>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "test results are handed on with `publish`"]
pub struct TestResults(publishing::TestResults);

impl TestResults {
    /// The files, or patterns of them. They count as one test run and are kept with the step.
    pub fn new(format: TestFormat, files: impl IntoIterator<Item = impl ToString>) -> Self {
        Self(publishing::TestResults {
            format,
            files: files.into_iter().map(|file| file.to_string()).collect(),
            merge: true,
            platform: None,
            configuration: None,
            title: None,
            attach_files: true,
            fail_on_failed_tests: false,
        })
    }

    /// Whether all files count as one test run.
    pub fn merge(mut self, merge: bool) -> Self {
        self.0.merge = merge;
        self
    }

    /// What the tests ran on.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.0.platform = Some(platform.into());
        self
    }

    /// In which configuration they ran.
    pub fn configuration(mut self, configuration: impl Into<String>) -> Self {
        self.0.configuration = Some(configuration.into());
        self
    }

    /// What the test run is called.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.0.title = Some(title.into());
        self
    }

    /// Whether the files are kept with the step.
    pub fn attach_files(mut self, attach: bool) -> Self {
        self.0.attach_files = attach;
        self
    }

    /// Whether a failed test fails the step.
    pub fn fail_on_failed_tests(mut self, fail: bool) -> Self {
        self.0.fail_on_failed_tests = fail;
        self
    }

    /// Hands them on.
    ///
    /// # Errors
    ///
    /// If the host refuses them. Files that are missing when the step has ended, or are not written
    /// as they should be, fail the step.
    pub fn publish(self) -> Result {
        host::publish_test_results(&self.0).map_err(|error| {
            let reason = reason(error);
            Failure::new(format!("cannot publish test results: {reason}"))
        })
    }
}

/// How much of the code was run by tests, as a file of the workspace says.
///
/// ```
/// use stepwell_task::{Coverage, CoverageFormat};
///
/// Coverage::new(CoverageFormat::Cobertura, "coverage.xml")
///     .report_directory("coverage/html")
///     .publish()?;
/// # Ok::<(), stepwell_task::Failure>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "coverage is handed on with `publish`"]
pub struct Coverage(CodeCoverage);

impl Coverage {
    /// The file with the summary.
    pub fn new(format: CoverageFormat, summary: impl ToString) -> Self {
        Self(CodeCoverage {
            format,
            summary: summary.to_string(),
            report_directory: None,
            additional_files: Vec::new(),
        })
    }

    /// A directory with a report for people, to be kept.
    pub fn report_directory(mut self, path: impl ToString) -> Self {
        self.0.report_directory = Some(path.to_string());
        self
    }

    /// One more file to keep.
    pub fn additional_file(mut self, path: impl ToString) -> Self {
        self.0.additional_files.push(path.to_string());
        self
    }

    /// Hands it on.
    ///
    /// # Errors
    ///
    /// If the host refuses it. A file that is missing when the step has ended, or is not written as
    /// it should be, fails the step.
    pub fn publish(self) -> Result {
        host::publish_coverage(&self.0)
            .map_err(|error| refused("publish code coverage of", &self.0.summary, error))
    }
}

/// What is told of a refusal.
pub(crate) fn refused(act: &str, what: &str, error: Refusal) -> Failure {
    Failure::new(format!("cannot {act} `{what}`: {}", reason(error)))
}

fn reason(error: Refusal) -> String {
    match error {
        Refusal::Invalid(reason) | Refusal::TooLarge(reason) | Refusal::Denied(reason) => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_thing_and_the_reason() {
        let error = Refusal::Invalid("a tag has no colon".to_owned());
        assert_eq!(
            refused("add tag", "a:b", error).message(),
            "cannot add tag `a:b`: a tag has no colon"
        );
    }
}
