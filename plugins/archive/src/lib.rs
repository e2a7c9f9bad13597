//! The task `archive`: packs files into a tar.gz that is the same, byte by byte, every time.

pub mod pack;

use crate::pack::{Packer, Style};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use stepwell_digest::{Hashed, Summary};
use stepwell_selection::{Entry, Selection, USUALLY_EXCLUDED};
use stepwell_task::{Context, Progress, Result, WorkspacePath, canceled, fail, info};

stepwell_task::task! {
    /// Packs files into a tar.gz that is the same, byte by byte, every time.
    name: "archive",
    needs: [workspace(write)],
    inputs: Inputs {
        /// The directory that `files`, `exclude` and the names in the archive are relative to.
        base: WorkspacePath = ".",
        /// What to pack: files, directories or patterns, one a line.
        files: Vec<String> = ["."],
        /// Names and patterns to leave out of directories, one a line.
        exclude: Vec<String> = USUALLY_EXCLUDED,
        /// The archive to write. It never holds itself.
        output: WorkspacePath,
        /// The directory that holds everything inside the archive.
        prefix: Option<WorkspacePath>,
        /// The time of everything in the archive, in seconds since 1970.
        mtime: u32 = 315_532_800,
    },
    outputs: Outputs {
        /// The archive.
        archive: WorkspacePath,
        /// Its SHA-256.
        sha256: String,
        /// Its size in bytes.
        size: u64,
    },
    run: archive,
}

fn archive(inputs: Inputs) -> Result<Outputs> {
    let entries = entries(&inputs)?;
    inputs.output.create_parent()?;
    let partial = partial(inputs.output.as_ref());
    let written = write(&inputs, &entries, &partial).and_then(|summary| {
        fs::rename(&partial, &inputs.output)
            .with_context(|| format!("cannot write `{}`", inputs.output))?;
        Ok(summary)
    });
    if written.is_err() {
        // What matters is the failure that is about to be told.
        let _ = fs::remove_file(&partial);
    }
    let summary = written?;
    info!(
        "packed {} files into {} ({} bytes)",
        entries.len(),
        inputs.output,
        summary.length
    );
    Ok(Outputs {
        archive: inputs.output,
        sha256: summary.sha256,
        size: summary.length,
    })
}

/// What goes into the archive: all that is selected but the archive itself.
fn entries(inputs: &Inputs) -> Result<Vec<Entry>> {
    let base: &Path = inputs.base.as_ref();
    let output: &Path = inputs.output.as_ref();
    let partial = partial(output);
    let mut entries = Selection::new(&inputs.files, &inputs.exclude)?.entries(base)?;
    entries.retain(|entry| {
        let path = base.join(&entry.path);
        path != output && path != partial
    });
    if entries.is_empty() {
        fail!("there is nothing to pack in `{}`", inputs.base);
    }
    Ok(entries)
}

/// Where the archive is written, so that a half-written one never has its name.
fn partial(output: &Path) -> std::path::PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn write(inputs: &Inputs, entries: &[Entry], path: &Path) -> Result<Summary> {
    let cannot_write = || format!("cannot write `{}`", inputs.output);
    let file = File::create(path).with_context(cannot_write)?;
    let style = Style {
        prefix: inputs.prefix.as_ref().map_or(".", WorkspacePath::as_str),
        mtime: inputs.mtime.into(),
    };
    let mut packer = Packer::new(Hashed::new(BufWriter::new(file)), style);
    let mut progress = Progress::of(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        if canceled() {
            fail!("canceled after {index} of {} files", entries.len());
        }
        progress.begin(&entry.path);
        packer.add(inputs.base.as_ref(), entry)?;
    }
    let (file, summary) = packer.finish().with_context(cannot_write)?.finish();
    let flushed = file
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error);
    flushed.with_context(cannot_write)?;
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use stepwell_task::InputSet;

    /// Runs the task in a workspace of these files.
    fn run(files: &[&str], values: &[(&str, &str)], check: impl Fn(&dyn Fn() -> Result<Outputs>)) {
        let workspace = tempfile::tempdir().unwrap();
        for file in files {
            let path = workspace.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        stepwell_task::with_workspace(&workspace, || {
            check(&|| archive(Inputs::from_values(values)?));
        });
    }

    fn names(outputs: &Outputs) -> Vec<String> {
        let file = File::open(&outputs.archive).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(file));
        let entries = archive.entries().unwrap();
        entries
            .map(|entry| entry.unwrap().path().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn two_runs_give_the_same_bytes_and_the_digest_of_them() {
        let values = [
            ("base", "src"),
            ("prefix", "app-1.0"),
            ("output", "out/app.tar.gz"),
        ];
        run(&["src/b", "src/a/c", "README.md"], &values, |archive| {
            let one = archive().unwrap();
            let bytes = fs::read(&one.archive).unwrap();
            assert_eq!(names(&one), ["app-1.0/a/c", "app-1.0/b"]);
            assert_eq!(one.sha256, stepwell_digest::sha256(&bytes));
            assert_eq!(one.size, bytes.len() as u64);
            fs::remove_file(&one.archive).unwrap();
            let two = archive().unwrap();
            assert_eq!(bytes, fs::read(&two.archive).unwrap());
        });
    }

    #[test]
    fn the_archive_never_holds_itself() {
        let files = ["a", "all.tar.gz.partial", "target/x"];
        run(&files, &[("output", "all.tar.gz")], |archive| {
            for _ in 0..2 {
                let outputs = archive().unwrap();
                assert_eq!(names(&outputs), ["a"]);
                assert!(!partial(outputs.archive.as_ref()).exists());
            }
        });
    }

    #[test]
    fn a_failure_leaves_no_file() {
        let values = [("files", "*.none"), ("output", "a.tar.gz")];
        run(&["a"], &values, |archive| {
            let failure = archive().unwrap_err();
            assert_eq!(failure.message(), "no file matches `*.none`");
            let left = fs::read_dir(stepwell_task::workspace()).unwrap();
            assert_eq!(left.count(), 1);
        });
    }
}
