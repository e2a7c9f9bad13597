//! What is checked out, as far as Git's own files tell without running Git.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes of a file of Git that is read: a list of packed references can be long.
const MAX_FILE: u64 = 16 << 20;

/// A branch or commit that is checked out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// The full name of the branch, such as `refs/heads/main`; empty on a detached commit.
    pub branch: String,
    /// The commit; empty before the first one.
    pub commit: String,
}

impl Checkout {
    /// What is checked out in `project` or a folder above it; `None` without a repository.
    #[must_use]
    pub fn of(project: &Path) -> Option<Self> {
        let folder = project.ancestors().find_map(git_folder)?;
        let head = read(&folder.join("HEAD"))?;
        let head = head.trim();
        let Some(branch) = head.strip_prefix("ref:") else {
            return Some(Self {
                branch: String::new(),
                commit: commit(head).unwrap_or_default(),
            });
        };
        let branch = branch.trim();
        if !branch.starts_with("refs/") || branch.contains("..") {
            return None;
        }
        // Worktrees share the references of their repository.
        let common = read(&folder.join("commondir"))
            .map_or_else(|| folder.clone(), |path| folder.join(path.trim()));
        let loose = read(&common.join(branch)).and_then(|text| commit(text.trim()));
        let packed = || {
            let list = read(&common.join("packed-refs"))?;
            let mut entries = list.lines().filter_map(|line| line.split_once(' '));
            let (hash, _) = entries.find(|(_, name)| *name == branch)?;
            commit(hash)
        };
        Some(Self {
            branch: branch.to_owned(),
            commit: loose.or_else(packed).unwrap_or_default(),
        })
    }
}

/// The folder of Git's own files, if a working tree begins at `folder`.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let place = folder.join(".git");
    if place.is_dir() {
        return Some(place);
    }
    let link = read(&place)?;
    let target = link.trim().strip_prefix("gitdir:")?;
    Some(folder.join(target.trim()))
}

fn commit(text: &str) -> Option<String> {
    let is_hash =
        matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_owned())
}

fn read(path: &Path) -> Option<String> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(MAX_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::Checkout;
    use std::fs;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn branch_and_commit_are_found_however_git_keeps_them() {
        let root = tempfile::tempdir().unwrap();
        let git = root.path().join(".git");
        let inner = root.path().join("a/b");
        fs::create_dir_all(git.join("refs/heads/topic")).unwrap();
        fs::create_dir_all(&inner).unwrap();
        let check = |branch: &str, commit: &str| {
            let found = Checkout::of(&inner).unwrap();
            assert_eq!((&*found.branch, &*found.commit), (branch, commit));
        };
        fs::write(git.join("HEAD"), "ref: refs/heads/topic/one\n").unwrap();
        check("refs/heads/topic/one", "");
        fs::write(
            git.join("packed-refs"),
            format!("# pack-refs\n{HASH} refs/heads/topic/one\n"),
        )
        .unwrap();
        check("refs/heads/topic/one", HASH);
        let newer = HASH.replace('0', "f");
        fs::write(git.join("refs/heads/topic/one"), format!("{newer}\n")).unwrap();
        check("refs/heads/topic/one", &newer);
        fs::write(git.join("HEAD"), format!("{HASH}\n")).unwrap();
        check("", HASH);
        fs::write(git.join("HEAD"), "ref: refs/../../secret\n").unwrap();
        assert_eq!(Checkout::of(&inner), None);
    }

    #[test]
    fn a_folder_without_a_repository_has_no_checkout() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(".git"), "gitdir: /nowhere/at/all\n").unwrap();
        assert_eq!(Checkout::of(root.path()), None);
    }
}
