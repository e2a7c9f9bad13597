//! Reads what steps publish: files of the workspace, on behalf of a step and after it.
//!
//! Every path and every byte of it comes from a guest that nobody trusts. The workspace adapter sees
//! to it that nothing else is read; here everything has a bound.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use stepwell_event::{Collect, Collected, StoredFile, TestFailure, TestRun};
use stepwell_results::{CoverageTool, TestFormat, TestResults};
use stepwell_store::{Blob, Blobs};
use stepwell_workspace::{FoundFile, Workspace, WorkspaceError};

/// Bytes of one file that is stored.
const MAX_FILE: u64 = 4 << 30;

/// Bytes of a text that becomes part of a report: it is in the journal and in every view.
const MAX_TEXT: usize = 256 << 10;

/// Bytes of a file with test results or code coverage, which is parsed in memory.
const MAX_RESULTS: u64 = 64 << 20;

/// Files with test results of one command.
const MAX_RESULT_FILES: usize = 1_000;

/// Files that are read for one step, all its requests together.
const MAX_FILES: usize = 20_000;

/// Bytes that are read for one step, all its requests together.
const MAX_BYTES: u64 = 8 << 30;

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

    /// Reads and stores, which may take long; `stop` ends it between two files.
    pub(crate) fn collect(
        &self,
        requests: Vec<Collect>,
        stop: &AtomicBool,
    ) -> Vec<Result<Collected, String>> {
        let mut session = self.workspace().map(|workspace| Session {
            collector: self,
            workspace,
            files: MAX_FILES,
            bytes: MAX_BYTES,
            stop,
        });
        requests
            .into_iter()
            .map(|request| match &mut session {
                Ok(session) => session.answer(request),
                Err(error) => Err(error.clone()),
            })
            .collect()
    }

    /// The project's folder on the host.
    pub(crate) fn project(&self) -> &Path {
        &self.project
    }

    pub(crate) fn workspace(&self) -> Result<Workspace, String> {
        let mut workspace = Workspace::open(&self.project).map_err(|error| explain(&error))?;
        for folder in &self.closed {
            workspace = workspace.without(folder).map_err(|error| explain(&error))?;
        }
        Ok(workspace)
    }

    /// Stores what `file` gives, which is called `path`.
    pub(crate) fn store(&self, path: &str, file: &mut dyn Read) -> Result<Blob, String> {
        let open = || Blobs::open(&self.blobs).map_err(|error| error.to_string());
        let blobs = self.opened.get_or_init(open);
        let blobs = blobs.as_ref().map_err(Clone::clone)?;
        blobs
            .put(file, MAX_FILE)
            .map_err(|error| format!("`{path}` cannot be stored: {error}"))
    }
}

/// What is read for one step.
struct Session<'c> {
    collector: &'c Collector,
    workspace: Workspace,
    /// Files that it may still read.
    files: usize,
    /// Bytes that it may still read.
    bytes: u64,
    stop: &'c AtomicBool,
}

impl Session<'_> {
    fn answer(&mut self, request: Collect) -> Result<Collected, String> {
        match request {
            Collect::Files { path, tree } => {
                let files = match tree {
                    true => self.tree(&path)?,
                    false => vec![self.file(&path, last_part(&path))?],
                };
                Ok(Collected::Files { files })
            }
            Collect::Text { path } => self.text(&path),
            Collect::TestResults {
                format,
                files,
                merge,
                store,
            } => self.test_results(&format, &files, merge, store),
            Collect::Coverage {
                tool,
                summary,
                store,
            } => self.coverage(&tool, &summary, &store),
        }
    }

    /// Counts one more file.
    fn begin(&mut self, path: &str) -> Result<(), String> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(format!("`{path}` was not read: the job was stopped"));
        }
        self.files = self
            .files
            .checked_sub(1)
            .ok_or_else(|| format!("a step can publish {MAX_FILES} files"))?;
        Ok(())
    }

    /// Counts the bytes of a file.
    fn count(&mut self, bytes: u64) -> Result<(), String> {
        self.bytes = self
            .bytes
            .checked_sub(bytes)
            .ok_or_else(|| format!("a step can publish {} GiB", MAX_BYTES >> 30))?;
        Ok(())
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        self.begin(path)?;
        let bytes = self.workspace.read(path, MAX_RESULTS);
        let bytes = bytes.map_err(|error| explain(&error))?;
        self.count(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        Ok(bytes)
    }

    fn text(&mut self, path: &str) -> Result<Collected, String> {
        let bytes = self.read(path)?;
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        let truncated = text.len() > MAX_TEXT;
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        Ok(Collected::Text { text, truncated })
    }

    /// Stores all files of a directory, or the one that it is, by their paths in it.
    fn tree(&mut self, path: &str) -> Result<Vec<StoredFile>, String> {
        let listing = self.workspace.files(path);
        let files = listing.map_err(|error| explain(&error))?.files;
        files
            .iter()
            .map(|found| self.file(&found.path, &found.name))
            .collect()
    }

    fn file(&mut self, path: &str, name: &str) -> Result<StoredFile, String> {
        self.begin(path)?;
        let file = self.workspace.open_file(path);
        let mut file = file.map_err(|error| explain(&error))?;
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        self.count(size)?;
        let blob = self.collector.store(path, &mut file)?;
        Ok(StoredFile {
            path: name.to_owned(),
            digest: blob.digest,
            bytes: blob.bytes,
        })
    }

    fn coverage(
        &mut self,
        tool: &str,
        summary: &str,
        store: &[String],
    ) -> Result<Collected, String> {
        let tool = CoverageTool::from_name(tool).map_err(|error| error.to_string())?;
        let bytes = self.read(summary)?;
        let found = stepwell_results::coverage(tool, &bytes)
            .map_err(|error| format!("`{summary}`: {error}"))?;
        let coverage = stepwell_event::Coverage {
            lines_covered: found.lines.covered(),
            lines: found.lines.total(),
            branches_covered: found.branches.covered(),
            branches: found.branches.total(),
        };
        let mut files = vec![self.file(summary, last_part(summary))?];
        for path in store {
            files.extend(self.tree(path)?);
        }
        Ok(Collected::Coverage { coverage, files })
    }

    fn test_results(
        &mut self,
        format: &str,
        patterns: &[String],
        merge: bool,
        store: bool,
    ) -> Result<Collected, String> {
        let format = TestFormat::from_name(format).map_err(|error| error.to_string())?;
        let mut runs: Vec<TestRun> = Vec::new();
        let mut merged: Option<(String, TestResults)> = None;
        let mut files = Vec::new();
        for found in self.find(patterns)? {
            let bytes = self.read(&found.path)?;
            let results = stepwell_results::test_results(format, &bytes)
                .map_err(|error| format!("`{}`: {error}", found.path))?;
            match &mut merged {
                _ if !merge => runs.push(test_run(found.path.clone(), results)),
                Some((_, all)) => all.merge(results),
                None => merged = Some((found.path.clone(), results)),
            }
            if store {
                files.push(self.file(&found.path, &found.path)?);
            }
        }
        runs.extend(merged.map(|(file, results)| test_run(file, results)));
        Ok(Collected::TestResults { runs, files })
    }

    fn find(&self, patterns: &[String]) -> Result<Vec<FoundFile>, String> {
        let mut all: Vec<FoundFile> = Vec::new();
        let mut seen = HashSet::new();
        for pattern in patterns {
            let listing = match pattern.contains(['*', '?', '[', '{']) {
                true => self.workspace.glob(pattern),
                false => self.workspace.files(pattern),
            };
            let found = listing.map_err(|error| explain(&error))?.files;
            if found.is_empty() {
                return Err(format!("no file matches `{pattern}`"));
            }
            all.extend(
                found
                    .into_iter()
                    .filter(|file| seen.insert(file.path.clone())),
            );
            if all.len() > MAX_RESULT_FILES {
                return Err(format!("more than {MAX_RESULT_FILES} files match"));
            }
        }
        Ok(all)
    }
}

/// What a file is called, wherever it lies.
fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
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

fn explain(error: &WorkspaceError) -> String {
    match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}
