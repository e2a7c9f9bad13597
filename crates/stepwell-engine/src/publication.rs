//! Files that a step publishes.
//!
//! A request is checked when the step makes it, so that the step's log says what is wrong with it at
//! its place. The files are read when the step has ended, all at once.

use stepwell_event::{Collect, Publish, TestResultsRequest};

mod masking;
mod settling;

pub(crate) use masking::masked;

/// Bytes of a path.
const MAX_PATH: usize = 4 << 10;

/// Bytes of a name.
const MAX_NAME: usize = 255;

/// Files that one request names.
const MAX_FILES: usize = 1_000;

/// The kind of attachment that is a summary.
const SUMMARY: &str = "Distributedtask.Core.Summary";

/// The kind of attachment that `task.uploadfile` makes.
const FILE: &str = "FileAttachment";

/// The formats of test results, by Azure's names.
const FORMATS: [&str; 5] = ["JUnit", "NUnit", "VSTest", "XUnit", "CTest"];

/// The tools for code coverage, by Azure's names.
const TOOLS: [&str; 2] = ["Cobertura", "JaCoCo"];

/// A request of a step that was checked, and waits for the step to end.
#[derive(Debug)]
pub(crate) struct Publication {
    /// The command, for messages.
    pub(crate) command: &'static str,
    /// What must be read for it.
    pub(crate) collect: Collect,
    becomes: Becomes,
}

/// What is made of what was read.
#[derive(Debug)]
enum Becomes {
    Attachment { kind: String, name: String },
    Summary { name: String },
    Log { name: String },
    Artifact { name: String, folder: String },
    TestResults(TestRuns),
    Coverage { tool: String },
}

/// How test runs are shown and what they mean.
#[derive(Debug)]
struct TestRuns {
    title: String,
    platform: Option<String>,
    configuration: Option<String>,
    fail_on_failed_tests: bool,
}

/// The logging command that asks for the same, for messages.
pub(crate) fn command(publish: &Publish) -> &'static str {
    match publish {
        Publish::Attachment { .. } => "task.addattachment",
        Publish::Summary { .. } => "task.uploadsummary",
        Publish::File { .. } => "task.uploadfile",
        Publish::Log { .. } => "build.uploadlog",
        Publish::Artifact { .. } => "artifact.upload",
        Publish::ArtifactLink { .. } => "artifact.associate",
        Publish::TestResults(_) => "results.publish",
        Publish::Coverage { .. } => "codecoverage.publish",
        Publish::RunNumber { .. } => "build.updatebuildnumber",
        Publish::Tag { .. } => "build.addbuildtag",
        Publish::Path { .. } => "task.prependpath",
        Publish::Endpoint { .. } => "task.setendpoint",
        Publish::TaskVariable { .. } => "task.settaskvariable",
        Publish::Detail(_) => "task.logdetail",
    }
}

impl Publication {
    /// The request, if it is one for files; `run_id` is part of a default title.
    pub(crate) fn check(publish: Publish, run_id: &str) -> Result<Option<Self>, String> {
        let command = command(&publish);
        let (collect, becomes) = match publish {
            Publish::Attachment { kind, name, path } => attachment(kind, name, path)?,
            Publish::Summary { path } => summary(path, None)?,
            Publish::File { path } => {
                let name = file_name(&path);
                kept(FILE.to_owned(), name, path)?
            }
            Publish::Log { path } => {
                let name = file_name(&path);
                check_path(&path)?;
                (Collect::Text { path }, Becomes::Log { name })
            }
            Publish::Artifact { name, folder, path } => artifact(name, folder, path)?,
            Publish::TestResults(request) => test_results(request, run_id)?,
            Publish::Coverage {
                tool,
                summary,
                report_directory,
                additional_files,
            } => coverage(&tool, summary, report_directory, additional_files)?,
            _ => return Ok(None),
        };
        Ok(Some(Self {
            command,
            collect,
            becomes,
        }))
    }

    /// Bytes that it keeps until the step ends, for a bound.
    pub(crate) fn bytes(&self) -> usize {
        let length = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
        match &self.collect {
            Collect::Files { path, .. } | Collect::Text { path } => path.len(),
            Collect::TestResults { files, .. } => length(files),
            Collect::Coverage { summary, store, .. } => summary.len() + length(store),
        }
    }
}

type Checked = Result<(Collect, Becomes), String>;

fn attachment(kind: String, name: String, path: String) -> Checked {
    check_name("type", &kind)?;
    check_name("name", &name)?;
    if kind.eq_ignore_ascii_case(SUMMARY) {
        return summary(path, Some(name));
    }
    kept(kind, name, path)
}

fn kept(kind: String, name: String, path: String) -> Checked {
    check_path(&path)?;
    let tree = false;
    Ok((
        Collect::Files { path, tree },
        Becomes::Attachment { kind, name },
    ))
}

fn summary(path: String, name: Option<String>) -> Checked {
    check_path(&path)?;
    let name = name.unwrap_or_else(|| file_name(&path));
    Ok((Collect::Text { path }, Becomes::Summary { name }))
}

fn artifact(name: String, folder: Option<String>, path: String) -> Checked {
    check_name("artifactname", &name)?;
    check_path(&path)?;
    let folder = folder.unwrap_or_else(|| name.clone());
    let folder = folder.trim_matches(['/', '\\']).replace('\\', "/");
    for part in folder.split('/') {
        check_name("containerfolder", part)?;
    }
    let tree = true;
    Ok((
        Collect::Files { path, tree },
        Becomes::Artifact { name, folder },
    ))
}

fn test_results(request: TestResultsRequest, run_id: &str) -> Checked {
    let format = canonical(&request.format, &FORMATS, "`type`")?;
    check_files(&request.files)?;
    if request.files.is_empty() {
        return Err(
            "it needs files, as its data or in the property `resultfiles`, with commas between"
                .to_owned(),
        );
    }
    let title = request.title.filter(|title| !title.is_empty());
    let collect = Collect::TestResults {
        format: format.to_owned(),
        files: request.files,
        merge: request.merge,
        store: request.attach_files,
    };
    let becomes = Becomes::TestResults(TestRuns {
        title: title.unwrap_or_else(|| format!("{format}_TestResults_{run_id}")),
        platform: request.platform,
        configuration: request.configuration,
        fail_on_failed_tests: request.fail_on_failed_tests,
    });
    Ok((collect, becomes))
}

fn coverage(
    tool: &str,
    summary: String,
    report_directory: Option<String>,
    additional_files: Vec<String>,
) -> Checked {
    let tool = canonical(tool, &TOOLS, "`codecoveragetool`")?;
    check_path(&summary)?;
    let store: Vec<String> = report_directory
        .into_iter()
        .chain(additional_files)
        .collect();
    check_files(&store)?;
    let tool = tool.to_owned();
    Ok((
        Collect::Coverage {
            tool: tool.clone(),
            summary,
            store,
        },
        Becomes::Coverage { tool },
    ))
}

/// The known name that `text` is, without regard to case.
fn canonical(text: &str, known: &[&'static str], what: &str) -> Result<&'static str, String> {
    let mut names = known.iter();
    names
        .find(|name| name.eq_ignore_ascii_case(text.trim()))
        .copied()
        .ok_or_else(|| format!("{what} must be one of `{}`", known.join("`, `")))
}

fn check_files(paths: &[String]) -> Result<(), String> {
    if paths.len() > MAX_FILES {
        return Err(format!("it can name at most {MAX_FILES} files"));
    }
    paths.iter().try_for_each(|path| check_path(path))
}

fn check_path(path: &str) -> Result<(), String> {
    if path.trim().is_empty() {
        return Err("it needs a path in the workspace".to_owned());
    }
    if path.len() > MAX_PATH || path.contains(char::is_control) {
        return Err(format!(
            "a path has at most {} KiB and no control character",
            MAX_PATH >> 10
        ));
    }
    Ok(())
}

/// Refuses what cannot name a file on every system.
pub(crate) fn check_name(key: &str, name: &str) -> Result<(), String> {
    let is_odd = |char: char| char.is_control() || "\"<>|:*?\\/".contains(char);
    if name.trim().is_empty() || name.len() > MAX_NAME || matches!(name, "." | "..") {
        return Err(format!(
            "`{key}` must be a name with at most {MAX_NAME} bytes"
        ));
    }
    if name.contains(is_odd) {
        return Err(format!(
            "`{key}` must not have control characters or any of `\" < > | : * ? \\ /`"
        ));
    }
    Ok(())
}

/// The last part of a path; the path itself if that is no name.
fn file_name(path: &str) -> String {
    let last = path.rsplit(['/', '\\']).find(|part| !part.is_empty());
    last.unwrap_or(path).to_owned()
}
