//! Which files of the workspace a step means.
//!
//! A selection is written as lines: a file, a directory (everything in it), or a pattern such as
//! `dist/**/*.tar.gz`. A line that selects nothing is an error, because a checksum file or an
//! archive that silently lacks something is worse than none. Symbolic links are listed and never
//! followed, so that a selection cannot reach out of what was named. The order is that of the
//! bytes of the paths, on every machine.

mod error;
mod pattern;

use crate::pattern::{Exclusion, Inclusion};
use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::io;
use std::path::Path;

pub use crate::error::{ErrorKind, SelectionError};

/// What tools keep next to the sources and nobody means: a default for the excluded names.
pub const USUALLY_EXCLUDED: [&str; 4] = [".git", ".stepwell", "node_modules", "target"];

/// What lies at a selected path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A symbolic link, not followed.
    Link,
}

/// A selected path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the root, with `/` between its parts.
    pub path: String,
    /// What lies there.
    pub kind: Kind,
}

/// What to take, and what of it to leave out.
#[derive(Debug, Clone)]
pub struct Selection {
    inclusions: Vec<Inclusion>,
    exclusions: Vec<Exclusion>,
}

impl Selection {
    /// Takes what `include` names and leaves out what `exclude` names.
    ///
    /// An excluded name without `/` holds at every depth, one with `/` from the root on; a directory
    /// is left out with all that is in it. What `include` names itself is never left out.
    ///
    /// # Errors
    ///
    /// If a line is malformed or names something outside of the root.
    pub fn new<I, X>(include: I, exclude: X) -> Result<Self, SelectionError>
    where
        I: IntoIterator<Item: AsRef<str>>,
        X: IntoIterator<Item: AsRef<str>>,
    {
        Ok(Self {
            inclusions: include
                .into_iter()
                .map(|line| Inclusion::new(line.as_ref()))
                .collect::<Result<_, _>>()?,
            exclusions: exclude
                .into_iter()
                .map(|line| Exclusion::new(line.as_ref()))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Looks under `root` for what is selected: each path once, in order.
    ///
    /// # Errors
    ///
    /// If a line selects nothing, or a directory cannot be listed.
    pub fn entries(&self, root: &Path) -> Result<Vec<Entry>, SelectionError> {
        let mut found = BTreeMap::new();
        for inclusion in &self.inclusions {
            let mut any = false;
            self.walk(root, inclusion.start(), &mut |path, kind| {
                if inclusion.takes(&path) {
                    any = true;
                    found.insert(path, kind);
                }
            })
            .map_err(|error| match error.kind() {
                ErrorKind::Missing => SelectionError::new(inclusion.text(), ErrorKind::Missing),
                _ => error,
            })?;
            if !any {
                return Err(SelectionError::new(inclusion.text(), ErrorKind::Empty));
            }
        }
        let entries = found.into_iter();
        Ok(entries.map(|(path, kind)| Entry { path, kind }).collect())
    }

    /// Visits every file and link at and below `start`, in no order.
    fn walk(
        &self,
        root: &Path,
        start: &str,
        visit: &mut dyn FnMut(String, Kind),
    ) -> Result<(), SelectionError> {
        let metadata = fs::symlink_metadata(located(root, start))
            .map_err(|error| SelectionError::io(start, error))?;
        if !metadata.is_dir() {
            visit_leaf(start.to_owned(), metadata.file_type(), visit);
            return Ok(());
        }
        let mut pending = vec![start.to_owned()];
        while let Some(directory) = pending.pop() {
            let failed = |error: io::Error| SelectionError::io(&directory, error);
            for entry in fs::read_dir(located(root, &directory)).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name();
                let name = name
                    .to_str()
                    .ok_or_else(|| SelectionError::new(&directory, ErrorKind::NotUtf8))?;
                let path = joined(&directory, name);
                if self
                    .exclusions
                    .iter()
                    .any(|exclusion| exclusion.covers(&path))
                {
                    continue;
                }
                let kind = entry.file_type().map_err(failed)?;
                if kind.is_dir() {
                    pending.push(path);
                } else {
                    visit_leaf(path, kind, visit);
                }
            }
        }
        Ok(())
    }
}

/// Sockets, devices and the like have no content to work on.
fn visit_leaf(path: String, kind: FileType, visit: &mut dyn FnMut(String, Kind)) {
    if kind.is_file() {
        visit(path, Kind::File);
    } else if kind.is_symlink() {
        visit(path, Kind::Link);
    }
}

/// The root itself is the empty path.
fn joined(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

fn located(root: &Path, path: &str) -> std::path::PathBuf {
    match path {
        "" => root.to_owned(),
        path => root.join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 9] = [
        "README.md",
        "dist/app.tar.gz",
        "dist/app.zip",
        "dist/old/app.tar.gz",
        "src/main.rs",
        "src/target/x",
        "target/debug/app",
        ".git/config",
        "a b/ü.txt",
    ];

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in FILES {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        root
    }

    fn check(include: &[&str], exclude: &[&str], expected: Result<&[&str], &str>) {
        let root = tree();
        let selected = Selection::new(include, exclude)
            .and_then(|selection| selection.entries(root.path()))
            .map(|entries| {
                entries
                    .into_iter()
                    .map(|entry| entry.path)
                    .collect::<Vec<_>>()
            })
            .map_err(|error| error.to_string());
        assert_eq!(
            selected.as_deref().map_err(String::as_str),
            expected
                .map(|paths| paths
                    .iter()
                    .map(|&path| path.to_owned())
                    .collect::<Vec<_>>())
                .as_deref()
                .map_err(|&e| e),
            "{include:?} {exclude:?}"
        );
    }

    #[test]
    fn files_directories_and_patterns_are_selected_in_order_and_once() {
        check(&["README.md"], &[], Ok(&["README.md"]));
        check(
            &["src/", "./dist/*.tar.gz", "src/main.rs"],
            &[],
            Ok(&["dist/app.tar.gz", "src/main.rs", "src/target/x"]),
        );
        check(
            &["dist/**/*.gz", "dist/*.zip"],
            &[],
            Ok(&["dist/app.tar.gz", "dist/app.zip", "dist/old/app.tar.gz"]),
        );
        check(&["a b"], &[], Ok(&["a b/ü.txt"]));
    }

    #[test]
    fn excluded_names_hold_at_every_depth_and_paths_from_the_root() {
        check(
            &["."],
            &USUALLY_EXCLUDED,
            Ok(&[
                "README.md",
                "a b/ü.txt",
                "dist/app.tar.gz",
                "dist/app.zip",
                "dist/old/app.tar.gz",
                "src/main.rs",
            ]),
        );
        check(
            &["."],
            &[".git", "/target/", "dist/old", "*.md", "a b/*"],
            Ok(&[
                "dist/app.tar.gz",
                "dist/app.zip",
                "src/main.rs",
                "src/target/x",
            ]),
        );
    }

    #[test]
    fn what_is_named_is_taken_even_from_an_excluded_directory() {
        check(
            &["target/debug"],
            &USUALLY_EXCLUDED,
            Ok(&["target/debug/app"]),
        );
        check(
            &["target/*/app"],
            &USUALLY_EXCLUDED,
            Ok(&["target/debug/app"]),
        );
    }

    #[test]
    fn a_line_that_selects_nothing_is_an_error() {
        check(
            &["README.md", "lib"],
            &[],
            Err("`lib` is not in the workspace"),
        );
        check(&["dist"], &["*"], Err("there is no file in `dist`"));
        check(&["dist/*.deb"], &[], Err("no file matches `dist/*.deb`"));
        check(&["nowhere/**"], &[], Err("no file matches `nowhere/**`"));
    }

    #[test]
    fn a_line_that_leaves_the_workspace_or_is_malformed_is_refused() {
        check(
            &["../x"],
            &[],
            Err("`../x` holds `..`; paths start in the workspace and stay there"),
        );
        check(
            &["/etc/*"],
            &[],
            Err("`/etc/*` is absolute; paths start in the workspace and stay there"),
        );
        check(
            &["a/[b"],
            &[],
            Err("`a/[b` is no pattern: invalid range pattern"),
        );
        check(
            &["."],
            &["a[b"],
            Err("`a[b` is no pattern: invalid range pattern"),
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_listed_and_never_followed() {
        let root = tree();
        std::os::unix::fs::symlink("/etc", root.path().join("dist/etc")).unwrap();
        let selection = Selection::new(["dist"], ["*.zip", "old"]).unwrap();
        let entries = selection.entries(root.path()).unwrap();
        let expected = [("dist/app.tar.gz", Kind::File), ("dist/etc", Kind::Link)];
        let found: Vec<_> = entries.iter().map(|e| (e.path.as_str(), e.kind)).collect();
        assert_eq!(found, expected);
    }
}
