//! Paths in the workspace.

use crate::declaration::InputType;
use crate::{Context, DefaultFor, FromInput, Result, host};
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// The directory that holds the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    host::workspace().map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

/// A path in the workspace, as a pipeline gives it: relative, and without `..`.
///
/// Shown, it is that relative path with `/` between its parts, fit for messages and for
/// [`Issue::at`](crate::Issue::at). Passed to [`std::fs`], it is the file: it is resolved against
/// [`workspace`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspacePath {
    relative: String,
    resolved: PathBuf,
}

impl WorkspacePath {
    /// The relative path; `.` for the workspace itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.relative
    }

    /// Reads the file as text.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not UTF-8.
    pub fn read_to_string(&self) -> Result<String> {
        std::fs::read_to_string(self).with_context(|| format!("cannot read `{self}`"))
    }

    /// Writes the file, and creates the directories above it.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, contents: impl AsRef<[u8]>) -> Result {
        self.create_parent()?;
        std::fs::write(self, contents).with_context(|| format!("cannot write `{self}`"))
    }

    /// Creates the directories above it.
    ///
    /// # Errors
    ///
    /// If one of them cannot be created.
    pub fn create_parent(&self) -> Result {
        self.resolved.parent().map_or(Ok(()), |parent| {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("cannot create the directory of `{self}`"))
        })
    }
}

impl AsRef<Path> for WorkspacePath {
    fn as_ref(&self) -> &Path {
        &self.resolved
    }
}

impl fmt::Display for WorkspacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.relative)
    }
}

impl FromInput for WorkspacePath {
    const KIND: InputType = InputType::Path;

    fn from_input(text: &str) -> Result<Self, String> {
        let relative = relative(text)?;
        let resolved = match relative.as_str() {
            "." => workspace(),
            path => workspace().join(path),
        };
        Ok(Self { relative, resolved })
    }
}

impl DefaultFor<WorkspacePath> for &str {
    fn into_text(self) -> String {
        self.to_owned()
    }
}

fn relative(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("an empty path is none; `.` is the workspace itself".to_owned());
    }
    if text.contains('\0') {
        return Err(format!("{text:?} holds a NUL, which no path can"));
    }
    let mut parts = Vec::new();
    for component in Path::new(text).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::ParentDir => {
                return Err(format!(
                    "`{text}` holds `..`, which could leave the workspace"
                ));
            }
            Component::RootDir | Component::Prefix(_) => {
                return Err(format!(
                    "`{text}` is absolute; paths are relative to the workspace"
                ));
            }
        }
    }
    Ok(match parts.is_empty() {
        true => ".".to_owned(),
        false => parts.join("/"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let path = WorkspacePath::from_input(text);
        let shown = path.as_ref().map(WorkspacePath::as_str);
        assert_eq!(shown.map_err(String::as_str), expected, "{text:?}");
    }

    #[test]
    fn paths_are_brought_into_one_form() {
        check("src/main.rs", Ok("src/main.rs"));
        check("./src//a/./b/", Ok("src/a/b"));
        check(".", Ok("."));
        check("./", Ok("."));
        check("a b/ü", Ok("a b/ü"));
        check("..a/b..", Ok("..a/b.."));
    }

    #[test]
    fn paths_that_could_leave_the_workspace_are_refused() {
        check(
            "/etc/passwd",
            Err("`/etc/passwd` is absolute; paths are relative to the workspace"),
        );
        check(
            "a/../../b",
            Err("`a/../../b` holds `..`, which could leave the workspace"),
        );
        check(
            "",
            Err("an empty path is none; `.` is the workspace itself"),
        );
        check("a\0b", Err("\"a\\0b\" holds a NUL, which no path can"));
    }

    #[test]
    fn a_path_is_shown_relative_and_opened_in_the_workspace() {
        let path = WorkspacePath::from_input("src/lib.rs").unwrap();
        assert_eq!(path.to_string(), "src/lib.rs");
        assert_eq!(path.as_ref(), workspace().join("src/lib.rs"));
        assert!(
            path.read_to_string()
                .unwrap()
                .contains("Write Stepwell tasks")
        );
        let missing = WorkspacePath::from_input("no/such").unwrap();
        let failure = missing.read_to_string().unwrap_err();
        assert!(failure.message().starts_with("cannot read `no/such`: "));
    }
}
