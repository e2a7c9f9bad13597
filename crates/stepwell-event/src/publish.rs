//! What steps publish: files, results, tags. A [`Publish`] is what a step asks for, a [`Collect`] is
//! what must be read of its workspace for that, and a [`Published`] is what came of it.

use crate::{Digest, StepResult};
use serde::{Deserialize, Serialize};

/// What a step asks to publish, by a call or by a logging command. Every text in it is hostile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Publish {
    /// `task.addattachment`: a file to keep with the step.
    Attachment {
        /// What kind of attachment it is.
        kind: String,
        /// What it is called.
        name: String,
        /// The file in the workspace.
        path: String,
    },
    /// `task.uploadsummary`: a file in Markdown that reports show.
    Summary {
        /// The file in the workspace.
        path: String,
    },
    /// `task.uploadfile`: a file to keep with the logs.
    File {
        /// The file in the workspace.
        path: String,
    },
    /// `build.uploadlog`: a file to keep as a log.
    Log {
        /// The file in the workspace.
        path: String,
    },
    /// `artifact.upload`: a file or directory to keep as an artifact of the run.
    Artifact {
        /// The artifact's name.
        name: String,
        /// The folder in the artifact; `None` is the artifact's name.
        folder: Option<String>,
        /// The file or directory in the workspace.
        path: String,
    },
    /// `artifact.associate`: an artifact that is kept elsewhere.
    ArtifactLink {
        /// The artifact's name.
        name: String,
        /// What kind of place it is; `None` is told from the location.
        kind: Option<String>,
        /// Where it is.
        location: String,
    },
    /// `results.publish`: files with test results.
    TestResults(TestResultsRequest),
    /// `codecoverage.publish`: a summary of code coverage.
    Coverage {
        /// The tool that wrote it.
        tool: String,
        /// The summary file in the workspace.
        summary: String,
        /// A directory with a report for people.
        report_directory: Option<String>,
        /// More files to keep.
        additional_files: Vec<String>,
    },
    /// `build.updatebuildnumber`: another number for the run.
    RunNumber {
        /// The number.
        number: String,
    },
    /// `build.addbuildtag`: a tag for the run.
    Tag {
        /// The tag.
        tag: String,
    },
    /// `task.prependpath`: where later steps find commands first.
    Path {
        /// The directory.
        path: String,
    },
    /// `task.setendpoint`: a field of a service connection.
    Endpoint {
        /// The connection.
        id: String,
        /// `url`, `dataParameter` or `authParameter`.
        field: String,
        /// Which parameter.
        key: Option<String>,
        /// The value.
        value: String,
    },
    /// `task.settaskvariable`: a variable that only later phases of the same task see.
    TaskVariable {
        /// The name.
        name: String,
        /// The value.
        value: String,
        /// Mask the value from now on.
        secret: bool,
        /// Later changes are an error.
        read_only: bool,
    },
    /// `task.logdetail`: a record of the timeline.
    Detail(DetailUpdate),
}

/// `results.publish`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TestResultsRequest {
    /// The format by Azure's name, such as `JUnit`.
    pub format: String,
    /// Files in the workspace, or patterns of them.
    pub files: Vec<String>,
    /// Count all files as one test run.
    pub merge: bool,
    /// What the tests ran on.
    pub platform: Option<String>,
    /// In which configuration.
    pub configuration: Option<String>,
    /// What the test run is called.
    pub title: Option<String>,
    /// Keep the files with the step.
    pub attach_files: bool,
    /// A failed test fails the step.
    pub fail_on_failed_tests: bool,
}

/// `task.logdetail`: what is given changes, what is not stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DetailUpdate {
    /// The record, a GUID.
    pub id: String,
    /// The record that it is part of.
    pub parent: Option<String>,
    /// What kind of record it is.
    pub kind: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Its place among its siblings.
    pub order: Option<String>,
    /// When it began.
    pub start_time: Option<String>,
    /// When it ended.
    pub finish_time: Option<String>,
    /// 0 to 100.
    pub progress: Option<String>,
    /// `Unknown`, `Initialized`, `InProgress` or `Completed`.
    pub state: Option<String>,
    /// How it ended.
    pub result: Option<String>,
    /// What is being done.
    pub operation: String,
}

/// What must be read of a step's workspace after the step, on behalf of the step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Collect {
    /// A file, or all files of a directory, to be stored: answered with [`Collected::Files`].
    Files {
        /// The file or directory in the workspace.
        path: String,
        /// Whether it may be a directory.
        tree: bool,
    },
    /// The text of a file: answered with [`Collected::Text`].
    Text {
        /// The file in the workspace.
        path: String,
    },
    /// Files with test results, to be counted: answered with [`Collected::TestResults`].
    TestResults {
        /// The format by Azure's name.
        format: String,
        /// Files in the workspace, or patterns of them.
        files: Vec<String>,
        /// Count all files as one test run.
        merge: bool,
        /// Store the files too.
        store: bool,
    },
    /// A summary of code coverage: answered with [`Collected::Coverage`].
    Coverage {
        /// The tool that wrote it.
        tool: String,
        /// The summary file in the workspace.
        summary: String,
        /// Files and directories to store with it.
        store: Vec<String>,
    },
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Collected {
    /// Files that are stored now; none for an empty directory.
    Files {
        /// The files.
        files: Vec<StoredFile>,
    },
    /// The start of a text file.
    Text {
        /// The text; what is no UTF-8 is U+FFFD.
        text: String,
        /// Whether there is more of it.
        truncated: bool,
    },
    /// Test results, one for each test run.
    TestResults {
        /// The runs.
        runs: Vec<TestRun>,
        /// The files, where they were to be stored.
        files: Vec<StoredFile>,
    },
    /// Code coverage.
    Coverage {
        /// The counts.
        coverage: Coverage,
        /// The files, where some were to be stored.
        files: Vec<StoredFile>,
    },
}

/// A file that is stored, addressed by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredFile {
    /// The path relative to what was asked for, `/` separated.
    pub path: String,
    /// The content.
    pub digest: Digest,
    /// The length in bytes.
    pub bytes: u64,
}

/// Tests that ran together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TestRun {
    /// The file, or the first of several that were merged.
    pub file: String,
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that did not run.
    pub skipped: u64,
    /// How long they took, in milliseconds.
    pub duration_ms: u64,
    /// The first failures.
    pub failures: Vec<TestFailure>,
}

/// A test that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TestFailure {
    /// The test.
    pub name: String,
    /// What it said first.
    pub message: String,
}

/// How much code was run by tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Lines that ran.
    pub lines_covered: u64,
    /// Lines that could run.
    pub lines: u64,
    /// Branches that were taken.
    pub branches_covered: u64,
    /// Branches that could be taken.
    pub branches: u64,
}

/// What a step published. Texts are masked; texts of guests stay hostile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Published {
    /// A file that is kept with the step.
    Attachment {
        /// What kind of attachment it is.
        kind: String,
        /// What it is called.
        name: String,
        /// The file.
        file: StoredFile,
    },
    /// A text in Markdown for reports.
    Summary {
        /// The file's name.
        name: String,
        /// The text.
        text: String,
    },
    /// A text that is kept as a log.
    Log {
        /// The file's name.
        name: String,
        /// The text.
        text: String,
    },
    /// An artifact of the run.
    Artifact {
        /// The artifact's name.
        name: String,
        /// The folder in the artifact.
        folder: String,
        /// Its files.
        files: Vec<StoredFile>,
    },
    /// An artifact that is kept elsewhere.
    ArtifactLink {
        /// The artifact's name.
        name: String,
        /// What kind of place it is.
        kind: String,
        /// Where it is.
        location: String,
    },
    /// Test results.
    TestResults {
        /// What the test run is called.
        title: String,
        /// The counts and the first failures.
        run: TestRun,
        /// What the tests ran on.
        platform: Option<String>,
        /// In which configuration.
        configuration: Option<String>,
    },
    /// Code coverage.
    Coverage {
        /// The tool that measured it.
        tool: String,
        /// The counts.
        coverage: Coverage,
        /// Files that are kept with it.
        files: Vec<StoredFile>,
    },
    /// Another number for the run.
    RunNumber {
        /// The number.
        number: String,
    },
    /// A tag for the run.
    Tag {
        /// The tag.
        tag: String,
    },
    /// A record of the timeline as it is now.
    Detail(Detail),
}

/// A record of the timeline that a step keeps (`task.logdetail`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Detail {
    /// The record, a GUID.
    pub id: String,
    /// The record that it is part of; `None` is the step.
    pub parent: Option<String>,
    /// What kind of record it is.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Its place among its siblings.
    pub order: i32,
    /// When it began, as the step says; `None` is when it was first mentioned.
    pub start_time: Option<String>,
    /// When it ended, as the step says.
    pub finish_time: Option<String>,
    /// 0 to 100.
    pub progress: u8,
    /// Where it stands.
    pub state: DetailState,
    /// How it ended.
    pub result: Option<StepResult>,
    /// What is being done.
    pub operation: String,
}

/// Where a record of the timeline stands, in Azure's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DetailState {
    /// It has not begun.
    Pending,
    /// It has begun.
    InProgress,
    /// It has ended.
    Completed,
}
