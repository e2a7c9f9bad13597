//! What lies around in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use stepwell_testkit::guests::repository;

/// Folders that are not the repository's, wherever they are.
const FOREIGN: [&str; 3] = [".git", ".stepwell", "target"];

/// More than a person reads in one go.
const MAX_LINES: usize = 500;

/// Longer files, and why.
const LONG: [(&str, &str); 7] = [
    (
        "crates/stepwell-task/src/bindings.rs",
        "written by `cargo xtask bindings`",
    ),
    (
        "crates/stepwell-oracle/src/bindings/advice.rs",
        "written by `cargo xtask bindings`",
    ),
    (
        "crates/stepwell-oracle/src/bindings/host.rs",
        "written by `cargo xtask bindings`",
    ),
    (
        "crates/stepwell-oracle/src/bindings/judge.rs",
        "written by `cargo xtask bindings`",
    ),
    (
        "crates/stepwell-oracle/src/bindings/notify.rs",
        "written by `cargo xtask bindings`",
    ),
    (
        "crates/stepwell-oracle/src/bindings/publish.rs",
        "written by `cargo xtask bindings`",
    ),
    (
        "crates/stepwell-oracle/src/bindings/strategy.rs",
        "written by `cargo xtask bindings`",
    ),
];

/// Names that say nothing of what is in a module.
const EMPTY_NAMES: [&str; 6] = ["common", "helpers", "misc", "types", "util", "utils"];

/// All files, relative to the top.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![repository().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_symlink() || FOREIGN.contains(&&*name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(repository()).unwrap().to_owned());
            }
        }
    }
    assert!(files.len() > 100, "{files:?}");
    files
}

fn is_long(path: &Path) -> bool {
    LONG.iter().any(|(listed, _)| Path::new(listed) == path)
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

#[test]
fn everything_is_text() {
    for path in files() {
        // A file that another test has just removed is no file of the repository.
        let bytes = fs::read(repository().join(&path)).unwrap_or_default();
        assert!(
            !bytes.contains(&0),
            "{} is binary: build it instead",
            path.display()
        );
    }
}

#[test]
fn no_source_is_longer_than_a_person_reads() {
    for path in files().into_iter().filter(|path| is_rust(path)) {
        let lines = fs::read_to_string(repository().join(&path))
            .unwrap()
            .lines()
            .count();
        assert_eq!(
            lines > MAX_LINES,
            is_long(&path),
            "{} has {lines} lines",
            path.display()
        );
    }
}

#[test]
fn every_module_has_a_name() {
    for path in files().into_iter().filter(|path| is_rust(path)) {
        let stem = path.file_stem().unwrap().to_string_lossy();
        assert!(
            !EMPTY_NAMES.contains(&&*stem),
            "{} says nothing of what it holds",
            path.display()
        );
    }
}

#[test]
fn every_source_begins_with_what_it_is_for() {
    for path in files().into_iter().filter(|path| is_rust(path)) {
        let text = fs::read_to_string(repository().join(&path)).unwrap();
        // The tests of a module are for what the module is for; a generated file begins with the
        // word of its generator.
        let is_exempt = path.ends_with("tests.rs") || is_long(&path);
        let is_told = text.starts_with("//! ");
        assert!(
            is_told || is_exempt,
            "{} has no module documentation",
            path.display()
        );
    }
}

#[test]
fn every_built_in_task_tells_people_what_it_does() {
    for entry in fs::read_dir(repository().join("plugins")).unwrap() {
        let folder = entry.unwrap().path();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        // The others are libraries of theirs.
        if manifest.contains("cdylib") {
            let told = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
            assert!(
                told.starts_with("# "),
                "{} has no README.md",
                folder.display()
            );
        }
    }
}
