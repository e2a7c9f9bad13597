//! Writing a file into a folder that nobody else works in.

use crate::{Workspace, WorkspaceError, WorkspaceErrorKind};
use cap_std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Names that are kept to others at any depth.
const CLOSED: [&str; 2] = [".git", ".stepwell"];

impl Workspace {
    /// Writes a file, instead of whatever is there under its name, and makes the folders that it is in.
    /// The path has names only: no `..`, and it does not end with `/`.
    ///
    /// # Errors
    ///
    /// When the path is none, leads outside or to a folder, or the disk does not take it.
    pub fn put(&self, relative: &str, content: &[u8]) -> Result<(), WorkspaceError> {
        let invalid = |reason: &str| {
            let reason = reason.to_owned();
            WorkspaceError::new(relative, WorkspaceErrorKind::Pattern { reason })
        };
        for name in relative.split('/') {
            if matches!(name, "" | "." | "..") {
                return Err(invalid("it is no path of names, relative to the workspace"));
            }
            if CLOSED
                .iter()
                .any(|closed| name.eq_ignore_ascii_case(closed))
            {
                return Err(WorkspaceError::new(relative, WorkspaceErrorKind::Closed));
            }
        }
        let failed = |error| WorkspaceError::of(relative, error);
        let path = Path::new(relative);
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            self.root.create_dir_all(folder).map_err(failed)?;
        }
        // A link is replaced, never written through.
        match self.root.symlink_metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(WorkspaceError::new(relative, WorkspaceErrorKind::Folder));
            }
            Ok(_) => self.root.remove_file(path).map_err(failed)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = self.root.open_with(path, &options).map_err(failed)?;
        file.write_all(content).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_takes_the_place_of_what_was_there_and_never_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("outside");
        fs::write(&outside, "mine").unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("a")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
        std::os::unix::fs::symlink(folder.path(), root.join("up")).unwrap();
        let workspace = Workspace::open(&root).unwrap();
        for path in ["new", "a/b/c", "link", "new"] {
            workspace.put(path, path.as_bytes()).unwrap();
            assert_eq!(fs::read(root.join(path)).unwrap(), path.as_bytes());
        }
        assert_eq!(fs::read(&outside).unwrap(), b"mine");
        for path in [
            "",
            "/etc/x",
            "../x",
            "a/../../x",
            "a//b",
            "a/",
            "up/x",
            "a",
            ".git/config",
            "a/.stepwell/x",
        ] {
            assert!(workspace.put(path, b"x").is_err(), "{path}");
        }
        assert!(!folder.path().join("x").exists());
    }
}
