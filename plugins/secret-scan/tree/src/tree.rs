//! Where files are: on disk, or in memory for tests.

use crate::path::{join, resolve};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How much of a file is looked at to tell whether it is text.
const PROBE: u64 = 8 * 1024;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A socket, a device and the like.
    Other,
}

impl Kind {
    fn of(kind: fs::FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Other
        }
    }
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// What it stands for; links are not followed.
    pub kind: Kind,
}

/// What reading a file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All of a file without NUL in its first 8 KiB.
    Text(Vec<u8>),
    /// A file with NUL in its first 8 KiB; the rest was not read.
    Binary,
    /// A file larger than the limit.
    TooLarge,
}

/// A tree of files that can be read.
pub trait Tree {
    /// The names in a directory, in any order.
    ///
    /// # Errors
    ///
    /// If it is no directory, or cannot be read.
    fn list(&self, directory: &str) -> io::Result<Vec<Entry>>;

    /// What a path stands for; links are followed.
    ///
    /// # Errors
    ///
    /// If nothing is there.
    fn kind(&self, path: &str) -> io::Result<Kind>;

    /// Reads a file of up to `limit` bytes.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read(&self, path: &str, limit: u64) -> io::Result<Content>;
}

/// The files under a directory of the disk.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The tree under `root`.
    #[must_use]
    pub fn new(root: impl AsRef<Path>) -> Self {
        Self {
            root: root.as_ref().to_owned(),
        }
    }

    fn locate(&self, path: &str) -> PathBuf {
        if path.is_empty() {
            self.root.clone()
        } else {
            self.root.join(path)
        }
    }
}

impl Tree for Disk {
    fn list(&self, directory: &str) -> io::Result<Vec<Entry>> {
        fs::read_dir(self.locate(directory))?
            .map(|entry| {
                let entry = entry?;
                Ok(Entry {
                    name: entry.file_name().to_string_lossy().into_owned(),
                    kind: Kind::of(entry.file_type()?),
                })
            })
            .collect()
    }

    fn kind(&self, path: &str) -> io::Result<Kind> {
        Ok(Kind::of(fs::metadata(self.locate(path))?.file_type()))
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Content> {
        let mut file = File::open(self.locate(path))?;
        let mut bytes = Vec::new();
        file.by_ref().take(PROBE).read_to_end(&mut bytes)?;
        if bytes.contains(&0) {
            return Ok(Content::Binary);
        }
        let rest = limit.saturating_sub(PROBE).saturating_add(1);
        file.take(rest).read_to_end(&mut bytes)?;
        Ok(capped(bytes, limit))
    }
}

/// A text within the limit, or the fact that it is not.
fn capped(bytes: Vec<u8>, limit: u64) -> Content {
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Content::Text(bytes)
    } else {
        Content::TooLarge
    }
}

/// Files in memory, for tests. A path that ends in `/` is an empty directory.
#[derive(Debug, Clone, Default)]
pub struct Memory(BTreeMap<String, Vec<u8>>);

impl<P: Into<String>, B: Into<Vec<u8>>> FromIterator<(P, B)> for Memory {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(files: I) -> Self {
        Self(
            files
                .into_iter()
                .map(|(path, bytes)| (path.into(), bytes.into()))
                .collect(),
        )
    }
}

impl Tree for Memory {
    fn list(&self, directory: &str) -> io::Result<Vec<Entry>> {
        let prefix = join(directory, "");
        let mut entries: Vec<Entry> = Vec::new();
        for path in self.0.keys() {
            let Some(rest) = path.strip_prefix(&prefix).filter(|rest| !rest.is_empty()) else {
                continue;
            };
            let (name, kind) = rest
                .split_once('/')
                .map_or((rest, Kind::File), |(name, _)| (name, Kind::Directory));
            if entries.last().is_none_or(|last| last.name != name) {
                entries.push(Entry {
                    name: name.to_owned(),
                    kind,
                });
            }
        }
        if entries.is_empty() && !directory.is_empty() && !self.0.contains_key(&prefix) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(entries)
    }

    fn kind(&self, path: &str) -> io::Result<Kind> {
        let path = resolve("", path).unwrap_or_default();
        if self.0.contains_key(&path) {
            return Ok(Kind::File);
        }
        self.list(&path).map(|_| Kind::Directory)
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Content> {
        let bytes = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        let probe = usize::try_from(PROBE).unwrap_or(usize::MAX);
        if bytes.iter().take(probe).any(|byte| *byte == 0) {
            return Ok(Content::Binary);
        }
        Ok(capped(bytes.clone(), limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &[u8]); 5] = [
        ("a.txt", b"hello"),
        ("docs/b.md", b"# b"),
        ("docs/deep/c.md", b"# c"),
        ("blob", b"x\0y"),
        ("zero", b""),
    ];

    fn on_disk() -> (tempfile::TempDir, Disk) {
        let directory = tempfile::tempdir().unwrap();
        for (path, bytes) in FILES {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let disk = Disk::new(directory.path());
        (directory, disk)
    }

    fn behaves_as_a_tree(tree: &dyn Tree) {
        let names = |directory| {
            let mut names: Vec<_> = tree
                .list(directory)
                .unwrap()
                .into_iter()
                .map(|entry| (entry.name, entry.kind))
                .collect();
            names.sort_by(|one, other| one.0.cmp(&other.0));
            names
        };
        assert_eq!(
            names(""),
            [
                ("a.txt".to_owned(), Kind::File),
                ("blob".to_owned(), Kind::File),
                ("docs".to_owned(), Kind::Directory),
                ("zero".to_owned(), Kind::File),
            ]
        );
        assert_eq!(
            names("docs"),
            [
                ("b.md".to_owned(), Kind::File),
                ("deep".to_owned(), Kind::Directory),
            ]
        );
        assert!(tree.list("nowhere").is_err());
        assert_eq!(tree.kind("docs/deep").unwrap(), Kind::Directory);
        assert_eq!(tree.kind("").unwrap(), Kind::Directory);
        assert!(tree.kind("docs/x").is_err());
        let read = |path, limit| tree.read(path, limit).unwrap();
        assert_eq!(read("a.txt", 5), Content::Text(b"hello".to_vec()));
        assert_eq!(read("a.txt", 4), Content::TooLarge);
        assert_eq!(read("zero", 0), Content::Text(Vec::new()));
        assert_eq!(read("blob", 100), Content::Binary);
        assert!(tree.read("nowhere", 1).is_err());
    }

    #[test]
    fn a_tree_in_memory_behaves_as_a_tree() {
        behaves_as_a_tree(&FILES.into_iter().collect::<Memory>());
    }

    #[test]
    fn a_tree_on_disk_behaves_as_a_tree() {
        let (_directory, disk) = on_disk();
        behaves_as_a_tree(&disk);
    }

    #[test]
    fn a_file_just_over_the_limit_is_too_large_wherever_the_probe_ends() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::new(directory.path());
        for size in [8191, 8192, 8193, 9000] {
            fs::write(directory.path().join("f"), vec![b'x'; size]).unwrap();
            let size = size as u64;
            assert!(matches!(disk.read("f", size).unwrap(), Content::Text(_)));
            assert_eq!(disk.read("f", size - 1).unwrap(), Content::TooLarge);
        }
    }
}
