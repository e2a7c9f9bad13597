//! Where an open descriptor is.

use crate::Workspace;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// The folder of the journal. The sandbox closes it as well, at any depth, so that a project within
/// a project is covered.
const JOURNAL: &str = ".stepwell";

/// Where a path has led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Open,
    Closed,
    Outside,
}

impl Workspace {
    /// Judges what was opened as `path`. Without an answer of the kernel it is outside.
    pub(crate) fn place(&self, opened: impl AsFd, path: &str) -> Place {
        let root = real_path(self.root.as_fd(), &self.path);
        let real = real_path(opened.as_fd(), &self.path.join(path));
        match (root, real) {
            (Ok(root), Ok(real)) => judge(&root, &real, &self.closed),
            _ => Place::Outside,
        }
    }
}

fn judge(root: &Path, real: &Path, closed: &[PathBuf]) -> Place {
    let Ok(relative) = real.strip_prefix(root) else {
        return Place::Outside;
    };
    let in_journal = relative.components().any(|part| {
        let part: &OsStr = part.as_os_str();
        part.eq_ignore_ascii_case(JOURNAL)
    });
    match in_journal || closed.iter().any(|folder| real.starts_with(folder)) {
        true => Place::Closed,
        false => Place::Open,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn real_path(opened: BorrowedFd<'_>, _opened_as: &Path) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd as _;
    std::fs::read_link(format!("/proc/self/fd/{}", opened.as_raw_fd()))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
use real_path_by_name as real_path;

/// For systems without a portable way to ask for the path of a descriptor: the true path of the name
/// that it was opened by, provided that this still is the same file.
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
fn real_path_by_name(opened: BorrowedFd<'_>, opened_as: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let real = opened_as.canonicalize()?;
    let named = real.symlink_metadata()?;
    let held = std::fs::File::from(opened.try_clone_to_owned()?).metadata()?;
    match (named.dev(), named.ino()) == (held.dev(), held.ino()) {
        true => Ok(real),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    #[test]
    fn the_journal_is_closed_at_any_depth_and_under_any_case() {
        let check = |real: &str, expect| {
            let closed = [PathBuf::from("/home/me/.cache/stepwell")];
            assert_eq!(
                judge(Path::new("/home/me"), Path::new(real), &closed),
                expect
            );
        };
        check("/home/me", Place::Open);
        check("/home/me/src/main.rs", Place::Open);
        check("/home/me/.stepwell.toml", Place::Open);
        check("/home/me/.stepwell", Place::Closed);
        check("/home/me/a/.StepWell/journal.db", Place::Closed);
        check("/home/me/.cache/stepwell/key", Place::Closed);
        check("/home/me/.cache/other", Place::Open);
        check("/home/meg", Place::Outside);
        check("/etc/passwd", Place::Outside);
    }

    #[test]
    fn a_workspace_may_itself_be_within_a_journal() {
        let root = Path::new("/p/.stepwell/copy");
        assert_eq!(judge(root, &root.join("a"), &[]), Place::Open);
        assert_eq!(judge(root, Path::new("/p/.stepwell"), &[]), Place::Outside);
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn both_ways_to_ask_for_a_path_agree() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("file"), "").unwrap();
        std::os::unix::fs::symlink("file", root.join("link")).unwrap();
        for name in ["file", "link", "."] {
            let opened = File::open(root.join(name)).unwrap();
            let by_name = real_path_by_name(opened.as_fd(), &root.join(name)).unwrap();
            assert_eq!(real_path(opened.as_fd(), Path::new("")).unwrap(), by_name);
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_by_now_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "one").unwrap();
        let opened = File::open(&path).unwrap();
        fs::rename(&path, folder.path().join("other")).unwrap();
        fs::write(&path, "two").unwrap();
        assert!(real_path_by_name(opened.as_fd(), &path).is_err());
    }
}
