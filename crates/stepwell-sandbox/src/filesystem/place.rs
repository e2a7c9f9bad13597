//! Which places of a workspace are closed to a guest.

use crate::scratch;
use std::ffi::OsStr;
use std::path::Path;

const JOURNAL: &str = ".stepwell";
const GIT: &str = ".git";

/// What a guest wants to do with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Read,
    Change,
}

/// Whether the place `path`, relative to the workspace, is closed to the wish.
pub(super) fn is_closed(path: &Path, wish: Wish) -> bool {
    path.components().any(|part| {
        let part: &OsStr = part.as_os_str();
        part.eq_ignore_ascii_case(JOURNAL)
            || part
                .as_encoded_bytes()
                .starts_with(scratch::PREFIX.as_bytes())
            || (wish == Wish::Change && part.eq_ignore_ascii_case(GIT))
    })
}

/// Whether `real` is in a folder of the host that no guest may enter, or holds it: who can move
/// a folder above it can put another in its place.
pub(super) fn is_private(real: &Path, folder: &Path, wish: Wish) -> bool {
    real.starts_with(folder) || (wish == Wish::Change && folder.starts_with(real))
}

/// The names of a granted folder's path; `None` if it is not written as one.
pub(super) fn names(path: &str) -> Option<Vec<&str>> {
    let names = path.split('/');
    names
        .map(|name| (!matches!(name, "" | "." | "..") && !name.contains('\0')).then_some(name))
        .collect()
}

/// The folder that an operation on `path` changes, and the name in it; no name for a path that
/// ends in `.` or `..`.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let trimmed = path.trim_end_matches('/');
    let (parent, name) = trimmed.rsplit_once('/').unwrap_or((".", trimmed));
    match name {
        "" | "." | ".." => None,
        name => Some((if parent.is_empty() { "/" } else { parent }, name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_closed_and_git_is_read_only_at_any_depth() {
        let check = |path: &str, read, change| {
            assert_eq!(
                is_closed(Path::new(path), Wish::Read),
                read,
                "reading {path}"
            );
            assert_eq!(
                is_closed(Path::new(path), Wish::Change),
                change,
                "changing {path}"
            );
        };
        check("", false, false);
        check("src/main.rs", false, false);
        check(".gitignore", false, false);
        check(".git/hooks/pre-commit", false, true);
        check("vendor/x/.git", false, true);
        check(".GIT/config", false, true);
        check(".stepwell", true, true);
        check("a/.stepwell/journal.db", true, true);
        check("stepwell-scratch-0123/file", true, true);
    }

    #[test]
    fn a_private_folder_is_closed_and_what_holds_it_stays_where_it_is() {
        let cache = Path::new("/home/me/.cache/stepwell");
        let check = |real: &str, read, change| {
            assert_eq!(
                is_private(Path::new(real), cache, Wish::Read),
                read,
                "reading {real}"
            );
            assert_eq!(
                is_private(Path::new(real), cache, Wish::Change),
                change,
                "changing {real}"
            );
        };
        check("/home/me/.cache/stepwell/key", true, true);
        check("/home/me/.cache", false, true);
        check("/home/me/src", false, false);
    }

    #[test]
    fn a_granted_folder_has_a_plain_path() {
        assert_eq!(names("a"), Some(vec!["a"]));
        assert_eq!(names("a/b c"), Some(vec!["a", "b c"]));
        for odd in ["", "/a", "a/", "a//b", ".", "a/..", "../a", "a/./b", "a\0b"] {
            assert_eq!(names(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn the_folder_that_changes_is_found() {
        assert_eq!(split("a"), Some((".", "a")));
        assert_eq!(split("a/b/"), Some(("a", "b")));
        assert_eq!(split("/a"), Some(("/", "a")));
        assert_eq!(split("a/.."), None);
        assert_eq!(split("."), None);
        assert_eq!(split(""), None);
    }
}
