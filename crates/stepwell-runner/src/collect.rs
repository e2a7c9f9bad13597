//! Reads what steps publish: files of the workspace, on behalf of a step and after it.
//!
//! Every path and every byte of it comes from a guest that nobody trusts. The workspace adapter sees
//! to it that nothing else is read; here everything has a bound.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use stepwell_event::{Collect, Collected, StoredFile, TestFailure, TestRun};
use stepwell_results::{CoverageTool, TestFormat, TestResults};
use stepwell_store::Blobs;
use stepwell_workspace::{FoundFile, Workspace, WorkspaceError};

/// Bytes of one file that is stored.
const MAX_FILE: u64 = 4 << 30;

/// Bytes of a text that becomes part of a report: it is in the journal and in every view.
const MAX_TEXT: usize = 256 << 10;

/// Bytes of a file with test results or code coverage, which is parsed in memory.
const MAX_RESULTS: u64 = 64 << 20;

/// Files with test results of one command.
const MAX_RESULT_FILES: usize = 1_000;

/// Reads files of a project and stores them.
#[derive(Clone)]
pub struct Collector {
    project: PathBuf,
    /// Folders in the project that nobody may read.
    closed: Vec<PathBuf>,
    blobs: PathBuf,
    /// Opened for the first file: most runs store none.
    opened: Arc<OnceLock<Result<Blobs, String>>>,
}

impl Collector {
    /// Reads files of `project` but those in the folders `closed`, and stores them in the folder
    /// `store`.
    #[must_use]
    pub fn new(project: &Path, closed: Vec<PathBuf>, store: &Path) -> Self {
        Self {
            project: project.to_owned(),
            closed,
            blobs: store.to_owned(),
            opened: Arc::default(),
        }
    }

    /// Reads and stores, which may take long.
    pub(crate) fn collect(&self, requests: Vec<Collect>) -> Vec<Result<Collected, String>> {
        let workspace = self.workspace();
        requests
            .into_iter()
            .map(|request| match &workspace {
                Ok(workspace) => self.answer(workspace, request),
                Err(error) => Err(error.clone()),
            })
            .collect()
    }

    fn workspace(&self) -> Result<Workspace, String> {
        let mut workspace = Workspace::open(&self.project).map_err(|error| explain(&error))?;
        for folder in &self.closed {
            workspace = workspace.without(folder).map_err(|error| explain(&error))?;
        }
        Ok(workspace)
    }

    fn answer(&self, workspace: &Workspace, request: Collect) -> Result<Collected, String> {
        match request {
            Collect::Files { path, tree } => {
                let files = match tree {
                    true => self.tree(workspace, &path)?,
                    false => vec![self.file(workspace, &path, &path)?],
                };
                Ok(Collected::Files { files })
            }
            Collect::Text { path } => text(workspace, &path),
            Collect::TestResults {
                format,
                files,
                merge,
                store,
            } => self.test_results(workspace, &format, &files, merge, store),
            Collect::Coverage {
                tool,
                summary,
                store,
            } => {
                let tool = CoverageTool::from_name(&tool).map_err(|error| error.to_string())?;
                let bytes = read(workspace, &summary)?;
                let found = stepwell_results::coverage(tool, &bytes)
                    .map_err(|error| format!("`{summary}`: {error}"))?;
                let coverage = stepwell_event::Coverage {
                    lines_covered: found.lines.covered(),
                    lines: found.lines.total(),
                    branches_covered: found.branches.covered(),
                    branches: found.branches.total(),
                };
                let mut files = vec![self.file(workspace, &summary, &summary)?];
                for path in store {
                    files.extend(self.tree(workspace, &path)?);
                }
                Ok(Collected::Coverage { coverage, files })
            }
        }
    }

    fn tree(&self, workspace: &Workspace, path: &str) -> Result<Vec<StoredFile>, String> {
        let listing = workspace.files(path).map_err(|error| explain(&error))?;
        listing
            .files
            .iter()
            .map(|found| self.file(workspace, &found.path, &found.name))
            .collect()
    }

    fn file(&self, workspace: &Workspace, path: &str, name: &str) -> Result<StoredFile, String> {
        let mut file = workspace.open_file(path).map_err(|error| explain(&error))?;
        let open = || Blobs::open(&self.blobs).map_err(|error| error.to_string());
        let blobs = self
            .opened
            .get_or_init(open)
            .as_ref()
            .map_err(Clone::clone)?;
        let blob = blobs
            .put(&mut file, MAX_FILE)
            .map_err(|error| format!("`{path}` cannot be stored: {error}"))?;
        let name = name.rsplit_once('/').filter(|_| name == path);
        Ok(StoredFile {
            path: name.map_or(path, |(_, name)| name).to_owned(),
            digest: blob.digest,
            bytes: blob.bytes,
        })
    }

    fn test_results(
        &self,
        workspace: &Workspace,
        format: &str,
        patterns: &[String],
        merge: bool,
        store: bool,
    ) -> Result<Collected, String> {
        let format = TestFormat::from_name(format).map_err(|error| error.to_string())?;
        let mut runs: Vec<TestRun> = Vec::new();
        let mut merged: Option<(String, TestResults)> = None;
        let mut files = Vec::new();
        for found in find(workspace, patterns)? {
            let bytes = read(workspace, &found.path)?;
            let results = stepwell_results::test_results(format, &bytes)
                .map_err(|error| format!("`{}`: {error}", found.path))?;
            match &mut merged {
                _ if !merge => runs.push(test_run(found.path.clone(), results)),
                Some((_, all)) => all.merge(results),
                None => merged = Some((found.path.clone(), results)),
            }
            if store {
                files.push(self.file(workspace, &found.path, &found.path)?);
            }
        }
        runs.extend(merged.map(|(file, results)| test_run(file, results)));
        Ok(Collected::TestResults { runs, files })
    }
}

fn find(workspace: &Workspace, patterns: &[String]) -> Result<Vec<FoundFile>, String> {
    let mut all: Vec<FoundFile> = Vec::new();
    for pattern in patterns {
        let listing = match pattern.contains(['*', '?', '[', '{']) {
            true => workspace.glob(pattern),
            false => workspace.files(pattern),
        };
        let found = listing.map_err(|error| explain(&error))?.files;
        if found.is_empty() {
            return Err(format!("no file matches `{pattern}`"));
        }
        for file in found {
            if !all.iter().any(|known| known.path == file.path) {
                all.push(file);
            }
            if all.len() > MAX_RESULT_FILES {
                return Err(format!("more than {MAX_RESULT_FILES} files match"));
            }
        }
    }
    Ok(all)
}

fn test_run(file: String, results: TestResults) -> TestRun {
    TestRun {
        file,
        passed: results.passed,
        failed: results.failed,
        skipped: results.skipped,
        duration_ms: u64::try_from(results.duration.as_millis()).unwrap_or(u64::MAX),
        failures: results
            .failures
            .into_iter()
            .map(|failure| TestFailure {
                name: failure.name,
                message: failure.message,
            })
            .collect(),
    }
}

fn text(workspace: &Workspace, path: &str) -> Result<Collected, String> {
    let bytes = read(workspace, path)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    let truncated = text.len() > MAX_TEXT;
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    Ok(Collected::Text { text, truncated })
}

fn read(workspace: &Workspace, path: &str) -> Result<Vec<u8>, String> {
    workspace
        .read(path, MAX_RESULTS)
        .map_err(|error| explain(&error))
}

fn explain(error: &WorkspaceError) -> String {
    match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}
