//! The folders of one attempt: its workspace, and what is beside it.

use crate::canary::Canary;
use sha2::{Digest as _, Sha256};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The case whose workspace holds the sandbox's folder of compiled code, so that a guest can try to
/// get at it.
pub(crate) const WITH_PRIVATE: &str = "H-07";

/// The folders of one attempt.
pub(crate) struct Place {
    root: PathBuf,
    canary: Canary,
    /// What was outside of the workspace before.
    outside: Vec<u8>,
}

impl Place {
    /// Makes the folders of an attempt below `suite`. Outside of the workspace is a secret.
    pub(crate) fn new(suite: &Path, name: &str, canary: Canary) -> io::Result<Self> {
        let mut place = Self {
            root: suite.join(name),
            canary,
            outside: Vec::new(),
        };
        fs::create_dir_all(place.workspace())?;
        fs::create_dir_all(place.outside().join("folder"))?;
        fs::write(place.outside().join("secret"), &*place.canary)?;
        place.outside = fingerprint(&place.outside())?;
        Ok(place)
    }

    /// What the guest may see, as far as it is granted.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.root.join("workspace")
    }

    fn outside(&self) -> PathBuf {
        self.root.join("outside")
    }

    /// Writes a file of the workspace, with the folders that it needs.
    pub(crate) fn write(&self, path: &str, contents: &[u8]) -> io::Result<()> {
        let path = self.workspace().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, contents)
    }

    /// Writes a file whose contents must not get out.
    pub(crate) fn hide(&self, path: &str) -> io::Result<()> {
        self.write(path, self.canary.as_bytes())
    }

    /// A file and a folder, for guests that want to move or remove something.
    pub(crate) fn bait(&self) -> io::Result<()> {
        fs::create_dir_all(self.workspace().join("folder"))?;
        self.write("bait", b"bait")
    }

    /// Symbolic links out of the workspace, as a checkout can bring them.
    pub(crate) fn links(&self) -> io::Result<()> {
        symlink("../outside", self.workspace().join("link"))?;
        symlink(self.outside(), self.workspace().join("absolute"))
    }

    /// Whether anything outside of the workspace is not as it was.
    pub(crate) fn is_changed_outside(&self) -> bool {
        let now = fingerprint(&self.outside());
        now.map_or(true, |now| now != self.outside)
            || names(&self.root).is_ok_and(|names| names.len() != 2)
    }

    /// What the workspace holds, in one number.
    pub(crate) fn fingerprint(&self) -> io::Result<Vec<u8>> {
        fingerprint(&self.workspace())
    }

    /// The text of a path of the host: it must not be told to a guest.
    pub(crate) fn text(&self) -> String {
        self.root.display().to_string()
    }

    /// Looks for the secret in every file of the workspace where none was hidden.
    pub(crate) fn search(&self) {
        let mut left = 10_000_u32;
        let mut folders = vec![self.workspace()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            for entry in entries.flatten() {
                left = left.saturating_sub(1);
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                self.canary.search(entry.file_name().as_encoded_bytes());
                let hidden = entry.file_name() == "journal" || entry.file_name() == "code";
                if kind.is_dir() && left > 0 && folders.len() < 64 {
                    folders.push(entry.path());
                } else if kind.is_file() && !hidden {
                    self.canary.search_file(&entry.path());
                }
            }
        }
    }

    /// Removes all of it, however deep it is. Nothing is followed, and nothing recurses: a folder
    /// inside of a folder is moved up before it is emptied.
    pub(crate) fn remove(self) -> io::Result<()> {
        let mut count = 0_u64;
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    count += 1;
                    let name = format!("{}.{count}", self.root.display());
                    fs::rename(entry.path(), &name)?;
                    folders.push(PathBuf::from(name));
                } else {
                    fs::remove_file(entry.path())?;
                }
            }
            fs::remove_dir(&folder)?;
        }
        Ok(())
    }
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Names, kinds and contents of a small tree.
fn fingerprint(folder: &Path) -> io::Result<Vec<u8>> {
    let mut hash = Sha256::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for name in names(&folder)? {
            let path = folder.join(&name);
            let kind = fs::symlink_metadata(&path)?.file_type();
            hash.update(name.as_encoded_bytes());
            hash.update(format!("{kind:?}"));
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                hash.update(fs::read(&path)?);
            }
        }
    }
    Ok(hash.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(root: &Path) -> Place {
        Place::new(root, "X-01", Canary::new()).unwrap()
    }

    #[test]
    fn what_is_changed_outside_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let place = place(root.path());
        place.bait().unwrap();
        place.links().unwrap();
        assert!(!place.is_changed_outside());
        fs::write(place.workspace().join("link/secret"), "changed").unwrap();
        assert!(place.is_changed_outside());
    }

    #[test]
    fn a_tree_that_is_deeper_than_a_stack_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let place = place(root.path());
        place.links().unwrap();
        let mut folder = place.workspace();
        for _ in 0..1_000 {
            folder.push("d");
        }
        fs::create_dir_all(folder).unwrap();
        place.remove().unwrap();
        assert_eq!(names(root.path()).unwrap(), Vec::<OsString>::new());
    }

    #[test]
    fn a_leaked_secret_is_found_in_files() {
        let root = tempfile::tempdir().unwrap();
        let canary = Canary::new();
        let place = Place::new(root.path(), "X-02", canary.clone()).unwrap();
        place.hide(".stepwell/journal").unwrap();
        place.search();
        assert_eq!(canary.hits(), 0);
        place.hide("copied").unwrap();
        place.search();
        assert_eq!(canary.hits(), 1);
    }
}
