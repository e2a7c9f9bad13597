//! Writing files where a component was granted to.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use stepwell_judging::settings::Result;

/// Where the host puts the workspace that a component was granted.
pub const WORKSPACE: &str = "/";

/// A path of the user's, the input `name`, relative to the workspace.
///
/// # Errors
///
/// It leads out of it.
pub fn inside(name: &str, path: &str) -> Result<PathBuf> {
    let stays = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(path).components().all(stays) {
        return Err(format!(
            "input `{name}`: `{path}` leads out of the workspace"
        ));
    }
    Ok(PathBuf::from(path))
}

/// Writes a file, relative to `workspace`, and the folders that it is in. It is renamed into place, so
/// that nobody reads half of it.
///
/// # Errors
///
/// It cannot be written: why, for people.
pub fn write(workspace: &Path, file: &Path, content: &[u8]) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    let failed = |error: io::Error| {
        if workspace.exists() {
            format!("cannot write into `{}`: {error}", shown(folder))
        } else {
            "it was granted no workspace: give it `allow = { workspace = \"write\" }`".to_owned()
        }
    };
    let into = workspace.join(file);
    fs::create_dir_all(workspace.join(folder)).map_err(failed)?;
    let mut unfinished = into.clone().into_os_string();
    unfinished.push(".part");
    fs::write(&unfinished, content).map_err(failed)?;
    fs::rename(&unfinished, &into).map_err(failed)
}

fn shown(folder: &Path) -> String {
    match folder.to_string_lossy() {
        own if own.is_empty() => ".".to_owned(),
        folder => folder.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_as_a_whole_and_its_folders_with_it() {
        let root = tempfile::tempdir().unwrap();
        for content in ["one", "two"] {
            write(root.path(), Path::new("a/b/c.txt"), content.as_bytes()).unwrap();
            let written = fs::read_to_string(root.path().join("a/b/c.txt"));
            assert_eq!(written.unwrap(), content);
        }
        let files = fs::read_dir(root.path().join("a/b")).unwrap().count();
        assert_eq!(files, 1);
        write(root.path(), Path::new("d.txt"), b"").unwrap();
        assert!(root.path().join("d.txt").is_file());
    }

    #[test]
    fn no_path_leads_out_of_the_workspace() {
        for path in ["../x", "/x", "a/../../x"] {
            let problem = inside("folder", path).unwrap_err();
            let expect = format!("input `folder`: `{path}` leads out of the workspace");
            assert_eq!(problem, expect);
        }
        assert_eq!(inside("folder", "./a/b"), Ok(PathBuf::from("./a/b")));
    }

    #[test]
    fn what_cannot_be_written_is_explained() {
        let root = tempfile::tempdir().unwrap();
        let blocked = root.path().join("file");
        fs::write(&blocked, "").unwrap();
        let problem = write(&blocked, Path::new("a/b"), b"").unwrap_err();
        assert!(problem.starts_with("cannot write into `a`: "), "{problem}");
        let problem = write(&blocked, Path::new("b"), b"").unwrap_err();
        assert!(problem.starts_with("cannot write into `.`: "), "{problem}");
    }
}
