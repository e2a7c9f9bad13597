//! The task `checksum`: SHA-256 of files, in the form that `sha256sum --check` reads.

pub mod sums;

use crate::sums::Sum;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use stepwell_digest::Hashed;
use stepwell_selection::{Kind, Selection, USUALLY_EXCLUDED};
use stepwell_task::{Context, Progress, Result, WorkspacePath, canceled, fail, info, warning};

stepwell_task::task! {
    /// Writes the SHA-256 of files in the form that `sha256sum --check` reads.
    name: "checksum",
    needs: [workspace(write)],
    inputs: Inputs {
        /// What to sum: files, directories or patterns such as `dist/*.tar.gz`, one a line.
        files: Vec<String>,
        /// Names and patterns to leave out of directories, one a line.
        exclude: Vec<String> = USUALLY_EXCLUDED,
        /// Where to write the sums. The names in it are relative to its directory.
        output: WorkspacePath = "SHA256SUMS",
    },
    outputs: Outputs {
        /// How many files were summed.
        count: usize,
        /// The SHA-256 of the file, if it is only one.
        sha256: Option<String>,
    },
    run: checksum,
}

fn checksum(inputs: Inputs) -> Result<Outputs> {
    let sums = sums_of(&stepwell_task::workspace(), &inputs)?;
    inputs
        .output
        .write(sums::render(&sums, inputs.output.as_str()))?;
    info!("wrote {} sums to {}", sums.len(), inputs.output);
    Ok(Outputs {
        count: sums.len(),
        sha256: match sums.as_slice() {
            [only] => Some(only.sha256.clone()),
            _ => None,
        },
    })
}

fn sums_of(root: &Path, inputs: &Inputs) -> Result<Vec<Sum>> {
    let selection = Selection::new(&inputs.files, &inputs.exclude)?;
    let mut entries = selection.entries(root)?;
    entries.retain(|entry| entry.path != inputs.output.as_str());
    let mut progress = Progress::of(entries.len());
    let mut sums = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if canceled() {
            fail!("canceled after {index} of {} files", entries.len());
        }
        let path = &entry.path;
        if entry.kind == Kind::Link {
            warning!("{path} is a symbolic link and left out");
            continue;
        }
        progress.begin(path);
        sums.push(Sum {
            sha256: digest(&root.join(path)).with_context(|| format!("cannot read `{path}`"))?,
            path: path.clone(),
        });
    }
    if sums.is_empty() {
        fail!("there is no file to sum");
    }
    Ok(sums)
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = BufReader::with_capacity(64 << 10, File::open(path)?);
    let mut hashed = Hashed::new(io::sink());
    io::copy(&mut file, &mut hashed)?;
    Ok(hashed.finish().1.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use stepwell_task::InputSet;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn check(files: &str, expected: Result<&[&str], &str>) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("dist/target")).unwrap();
        for name in ["dist/b", "dist/a", "dist/target/c", "dist/SHA256SUMS"] {
            fs::write(root.path().join(name), "abc").unwrap();
        }
        let values = [("files", files), ("output", "dist/SHA256SUMS")];
        let inputs = Inputs::from_values(&values).unwrap();
        let sums = sums_of(root.path(), &inputs);
        let paths = sums.map(|sums| {
            assert!(sums.iter().all(|sum| sum.sha256 == ABC));
            sums.into_iter().map(|sum| sum.path).collect::<Vec<_>>()
        });
        match (paths, expected) {
            (Ok(paths), Ok(expected)) => assert_eq!(paths, expected),
            (Err(failure), Err(expected)) => assert_eq!(failure.message(), expected),
            (paths, _) => panic!("{files}: {paths:?}"),
        }
    }

    #[test]
    fn files_are_summed_in_order_without_the_sums_themselves() {
        check("dist", Ok(&["dist/a", "dist/b"]));
        check("dist/b\ndist/target", Ok(&["dist/b", "dist/target/c"]));
    }

    #[test]
    fn nothing_to_sum_is_a_failure() {
        check("dist/*.deb", Err("no file matches `dist/*.deb`"));
        check("dist/SHA256SUMS", Err("there is no file to sum"));
        check("", Err("there is no file to sum"));
    }

    #[test]
    fn an_unreadable_file_is_named() {
        let root = tempfile::tempdir().unwrap();
        let failure = digest(&root.path().join("x")).context("cannot read `x`");
        let message = failure.unwrap_err().message().to_owned();
        assert!(message.starts_with("cannot read `x`: "), "{message}");
    }
}
