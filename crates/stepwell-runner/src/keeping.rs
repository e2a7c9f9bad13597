//! What is kept of steps beside the journal, for whoever asks why a step failed.
//!
//! A core dump is all that a guest knew, secrets included, and a workspace can be large: neither goes
//! through the engine, into an event or into the journal. Both are kept only where the user asked.

use crate::collect::Collector;
use std::fs::{DirBuilder, OpenOptions, symlink_metadata};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use stepwell_event::{Kept, RunId, StepRequest};
use stepwell_workspace::Hashes;

/// The most core dumps that are kept of one run.
pub const MAX_CORE_DUMPS: usize = 16;

/// The most bytes of one core dump.
pub const MAX_CORE_DUMP: usize = 512 << 20;

/// Characters of a job's identifier in the name of a file.
const MAX_JOB: usize = 120;

/// What to keep. The default is nothing.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// The folder for core dumps of steps that trap.
    pub core_dumps: Option<PathBuf>,
    /// Whether to list what the workspace consists of before each step that sees it.
    pub workspaces: bool,
}

/// Keeps things of one run.
pub(crate) struct Keeper {
    keep: Keep,
    run: RunId,
    collector: Collector,
    dumps: AtomicUsize,
    /// Of the files that were read before another step.
    hashes: Hashes,
}

impl Keeper {
    pub(crate) fn new(keep: Keep, run: RunId, collector: Collector) -> Self {
        Self {
            keep,
            run,
            collector,
            dumps: AtomicUsize::new(0),
            hashes: Hashes::default(),
        }
    }

    pub(crate) fn wants_workspace(&self, request: &StepRequest) -> bool {
        self.keep.workspaces && request.workspace.is_some()
    }

    /// Stores what the workspace consists of.
    pub(crate) fn workspace(&self, stop: &AtomicBool) -> Kept {
        let take_stock = || {
            let workspace = self.collector.workspace()?;
            let inventory = workspace
                .inventory(&self.hashes, stop)
                .map_err(|error| error.to_string())?;
            let text = inventory.to_bytes();
            let blob = self
                .collector
                .store("the list of files", &mut text.as_slice())?;
            let entries = u64::try_from(inventory.len()).unwrap_or(u64::MAX);
            Ok((blob.digest, entries))
        };
        match take_stock() {
            Ok((digest, entries)) => Kept::Workspace { digest, entries },
            Err(reason) => nothing("the list of the workspace's files", reason),
        }
    }

    /// Writes a core dump to a file that only the user can read.
    pub(crate) fn core_dump(&self, job: &str, step: u32, dump: &[u8]) -> Kept {
        let what = "the core dump";
        let Some(folder) = &self.keep.core_dumps else {
            return nothing(what, "nobody asked for it".to_owned());
        };
        if dump.len() > MAX_CORE_DUMP {
            let most = MAX_CORE_DUMP >> 20;
            return nothing(what, format!("it is larger than {most} MiB"));
        }
        if self.dumps.fetch_add(1, Ordering::Relaxed) >= MAX_CORE_DUMPS {
            return nothing(what, format!("a run keeps {MAX_CORE_DUMPS} of them"));
        }
        let name = format!("{}-{}-{}", self.run, safe(job), u64::from(step) + 1);
        match write(folder, &name, dump) {
            Ok(path) => Kept::CoreDump {
                path: self.shown(&path),
                bytes: u64::try_from(dump.len()).unwrap_or(u64::MAX),
            },
            Err(error) => nothing(what, error.to_string()),
        }
    }

    /// A path as a person in the project writes it.
    fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.collector.project()).unwrap_or(path);
        path.to_string_lossy().into_owned()
    }
}

fn nothing(what: &str, reason: String) -> Kept {
    Kept::Nothing {
        what: what.to_owned(),
        reason,
    }
}

/// The identifier as part of a file's name.
fn safe(job: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    job.chars()
        .take(MAX_JOB)
        .map(|c| if allowed(c) { c } else { '_' })
        .collect()
}

/// Writes a file of that name, with a number behind it if a try before has left one.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    if !symlink_metadata(folder)?.is_dir() {
        // A checkout can bring one along, and secrets would be written wherever it leads.
        let why = format!("`{}` is a symbolic link; remove it", folder.display());
        return Err(std::io::Error::other(why));
    }
    let mut again = String::new();
    for number in 2.. {
        let path = folder.join(format!("{name}{again}.coredump"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        match options.open(&path) {
            Ok(mut file) => {
                let written = file.write_all(bytes);
                if written.is_err() {
                    // Half a dump is of no use, and the disk may be full of it.
                    let _ = std::fs::remove_file(&path);
                }
                return written.map(|()| path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number <= 100 => {
                again = format!("-{number}");
            }
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::other("no name for it is free"))
}
